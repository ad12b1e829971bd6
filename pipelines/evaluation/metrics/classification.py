"""Metrics of a classifier on a split, and the difference between two of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from pipelines.evaluation import bootstrap
from pipelines.evaluation.metrics.calibration import calibrate

SMALLEST = float(np.finfo(np.float32).eps)
"""Smallest probability that the log loss uses: the resolution of a float32 softmax at 1."""


def evaluate(
    scores: np.ndarray, labels: np.ndarray, names: tuple[str, ...], *, seed: int = 0
) -> dict[str, float]:
    """Metrics of a classifier on a split, three of them with 95 % bootstrap intervals.

    Classes without an example in the split are left out of the mean of `roc_auc`, and out of
    that of `macro_f1` unless they were predicted, which counts as an F1 of 0. Where all examples
    are of one class, there is no ROC curve: `roc_auc` and its interval are not in the result.

    Args:
        scores: probabilities, float [N, C], N > 0.
        labels: the true classes, int64 [N].
        names: of the C classes.
        seed: of the bootstrap.

    Returns:
        `accuracy`, `macro_f1` and `roc_auc` (of the second class of two, else the mean of
        one-vs-rest), each with `_low` and `_high`; `log_loss`; `ece`, the expected calibration
        error in 15 bins; `brier`, the squared distance of the scores from the truth, halved for
        two classes so that it is the usual one of the second class.

    Raises:
        ValueError: the shapes do not fit each other, or a score is not finite.
    """
    _check(scores, labels, names)
    predicted = scores.argmax(axis=1)
    once = np.ones((1, len(labels)), dtype=np.float32)
    result: dict[str, float] = {}
    values = _counted(once, scores, predicted, labels)
    resampled = [
        _counted(counts, scores, predicted, labels) for counts in bootstrap.draws(len(labels), seed)
    ]
    for name, value in values.items():
        if np.isnan(value[0]):
            continue
        result[name] = float(value[0])
        low, high = bootstrap.interval(np.concatenate([draw[name] for draw in resampled]))
        result[f"{name}_low"], result[f"{name}_high"] = low, high

    scores = scores.astype(np.float64)
    of_truth = scores[np.arange(len(labels)), labels]
    result["log_loss"] = float(-np.log(np.clip(of_truth, SMALLEST, 1.0)).mean())
    result["ece"] = calibrate(scores, labels).error
    squares = ((scores - np.eye(len(names))[labels]) ** 2).sum(axis=1).mean()
    result["brier"] = float(squares / 2.0 if len(names) == 2 else squares)
    return result


def _counted(
    counts: np.ndarray, scores: np.ndarray, predicted: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """The metrics that get an interval, each float64 [R], of resamples [R, N]."""
    return {
        "accuracy": bootstrap.accuracy(counts, predicted, labels),
        "macro_f1": bootstrap.macro_f1(counts, predicted, labels),
        "roc_auc": bootstrap.roc_auc(counts, scores, labels),
    }


def _check(scores: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> None:
    if len(labels) == 0 or scores.shape != (len(labels), len(names)):
        raise ValueError(
            f"scores of shape {scores.shape} for {len(labels)} labels of {len(names)} classes"
        )
    if labels.min() < 0 or labels.max() >= len(names):
        raise ValueError(f"labels reach from {labels.min()} to {labels.max()}: not class indices")
    if not np.isfinite(scores).all():
        raise ValueError("some scores are not finite: the model has diverged")


class Difference(NamedTuple):
    """How much more accurate one classifier is than another, on the same examples.

    Attributes:
        value: the difference of the accuracies.
        low: lower end of its 95 % interval.
        high: upper end.
        p_value: of McNemar's exact test that neither is better.
    """

    value: float
    low: float
    high: float
    p_value: float


def paired_difference(correct_a: np.ndarray, correct_b: np.ndarray, seed: int = 0) -> Difference:
    """Accuracy of A minus that of B with a paired bootstrap interval.

    Only three kinds of examples matter: only A is right, only B is right, both are equal. So a
    resample is one draw from a multinomial distribution, which is equivalent and fast.

    Args:
        correct_a: whether A is right, bool [N], N > 0.
        correct_b: whether B is right, on the same examples in the same order.
        seed: of the bootstrap.

    Returns:
        The difference, its interval and the exact two-sided p-value of McNemar 1947, "Note on
        the sampling error of the difference between correlated proportions or percentages".
    """
    if correct_a.shape != correct_b.shape or len(correct_a) == 0:
        raise ValueError("a paired difference needs the same examples for both, at least one")
    size = len(correct_a)
    only_a = int((correct_a & ~correct_b).sum())
    only_b = int((correct_b & ~correct_a).sum())
    shares = np.array([only_a, only_b, size - only_a - only_b]) / size
    resampled = np.random.default_rng(seed).multinomial(size, shares, size=bootstrap.RESAMPLES)
    low, high = bootstrap.interval((resampled[:, 0] - resampled[:, 1]) / size)
    different = only_a + only_b
    p_value = float(binomtest(only_a, different).pvalue) if different else 1.0
    return Difference((only_a - only_b) / size, low, high, p_value)
