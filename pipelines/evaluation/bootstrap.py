"""Percentile bootstrap intervals of a classifier's metrics, for all metrics from the same draws.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13. A resample of a test
split is a row of counts, how often each example was drawn; every metric here is written in terms
of such counts, so that a thousand resamples are a few array operations. The metric itself is the
case in which each example was drawn once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95
CHUNK = 2_000_000  # counts held at a time: 8 MB


def draws(size: int, seed: int) -> Iterator[np.ndarray]:
    """Resamples of `size` examples as counts, float32 [some, size]; 1,000 rows in all."""
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // size)
    for start in range(0, RESAMPLES, rows):
        some = min(rows, RESAMPLES - start)
        drawn = rng.integers(0, size, size=(some, size))
        drawn += np.arange(some)[:, None] * size
        counts = np.bincount(drawn.ravel(), minlength=some * size)
        yield counts.reshape(some, size).astype(np.float32)


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval of a metric's resamples [R], those that are NaN left out."""
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.nanquantile(values, [tail, 1.0 - tail])
    return float(low), float(high)


def accuracy(counts: np.ndarray, predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Share of right predictions, float64 [R], of resamples `counts` [R, N]."""
    return counts[:, predicted == labels].sum(axis=1, dtype=np.float64) / predicted.size


def macro_f1(counts: np.ndarray, predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean F1 over the classes that occur in a resample, as label or as prediction.

    Args:
        counts: float32 [R, N].
        predicted: int64 [N].
        labels: int64 [N].

    Returns:
        float64 [R].
    """
    total, present = np.zeros(len(counts)), np.zeros(len(counts))
    for one in np.union1d(predicted, labels):
        hits = counts[:, (predicted == one) & (labels == one)].sum(axis=1, dtype=np.float64)
        claimed = counts[:, predicted == one].sum(axis=1, dtype=np.float64)
        actual = counts[:, labels == one].sum(axis=1, dtype=np.float64)
        occurs = claimed + actual > 0
        total += np.divide(2 * hits, claimed + actual, out=np.zeros_like(total), where=occurs)
        present += occurs
    return total / present


def roc_auc(counts: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Area under the ROC curve: of the second class of two, else the mean of one-vs-rest.

    The area is the chance that an example of the class scores higher than another one, ties
    counting half (Hanley and McNeil 1982, "The Meaning and Use of the Area under a Receiver
    Operating Characteristic (ROC) Curve"). The mean leaves out classes that a resample has no
    example of.

    Args:
        counts: float32 [R, N].
        scores: float [N, C].
        labels: int64 [N].

    Returns:
        float64 [R]; NaN where all examples are of one class.
    """
    classes = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    total, present = np.zeros(len(counts)), np.zeros(len(counts))
    for one in classes:
        positive = labels == one
        if not positive.any():
            continue
        area = _area(counts, scores[:, one], positive)
        total += np.nan_to_num(area)
        present += ~np.isnan(area)
    return np.divide(total, present, out=np.full(len(counts), np.nan), where=present > 0)


def _area(counts: np.ndarray, scores: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """ROC AUC of one class, float64 [R]; NaN where a resample has only one of the two sides."""
    others = np.flatnonzero(~positive)
    others = others[np.argsort(scores[others], kind="stable")]
    below = np.zeros((len(counts), len(others) + 1), dtype=np.float32)
    np.cumsum(counts[:, others], axis=1, out=below[:, 1:])  # exact: counts stay below 2 ** 24
    strictly = np.searchsorted(scores[others], scores[positive], side="left")
    at_most = np.searchsorted(scores[others], scores[positive], side="right")
    own = counts[:, positive].astype(np.float64)
    wins = (own * (below[:, strictly] + below[:, at_most])).sum(axis=1) / 2.0
    pairs = own.sum(axis=1) * below[:, -1]
    return np.divide(wins, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
