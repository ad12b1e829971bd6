"""Whether the confidence of a classifier matches its accuracy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BINS = 15


class Calibration(NamedTuple):
    """Examples in equal-width bins of confidence, the score of the predicted class.

    Attributes:
        count: examples per bin, int64 [bins].
        confidence: mean confidence per bin, float64 [bins]; NaN where a bin is empty.
        accuracy: share of right predictions per bin, float64 [bins]; NaN where a bin is empty.
    """

    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: |accuracy - confidence|, weighted by the bins' sizes.

        Guo et al. 2017, "On Calibration of Modern Neural Networks".
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(gaps * self.count) / self.count.sum())


def calibrate(scores: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Calibration:
    """Sorts predictions into bins of confidence; bin `i` is (i / bins, (i + 1) / bins].

    Args:
        scores: float [N, C], rows sum to one.
        labels: int64 [N], the true classes.
        bins: number of bins.
    """
    confidence = scores.max(axis=1).astype(np.float64)
    right = scores.argmax(axis=1) == labels
    inner_edges = np.arange(1, bins) / bins
    index = np.searchsorted(inner_edges, confidence, side="left")
    count = np.bincount(index, minlength=bins)
    divisor = np.where(count > 0, count, np.nan)
    means = (np.bincount(index, values, bins) / divisor for values in (confidence, right))
    return Calibration(count, *means)
