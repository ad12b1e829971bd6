"""Metrics of detecting one class among others, such as spam among mails."""

from __future__ import annotations

import numpy as np

from pipelines.evaluation import bootstrap

RECALL = 0.99


def detection(scores: np.ndarray, predicted: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Metrics of the detection of a class.

    Args:
        scores: of the class, float [N], N > 0.
        predicted: whether the example was predicted to be of the class, bool [N].
        truth: whether it is of the class, bool [N].

    Returns:
        `f1` with its 95 % bootstrap interval `f1_low` and `f1_high`, `precision`, `recall`, and
        `precision_at_recall_99`: the precision at the highest threshold with a recall of 99 %.
        Empty if no example is of the class.
    """
    if not truth.any():
        return {}
    once = np.ones((1, len(truth)), np.float32)
    drawn = bootstrap.draws(len(truth), seed=0)
    low, high = bootstrap.interval(np.concatenate([_f1(each, predicted, truth) for each in drawn]))
    hits = int((predicted & truth).sum())
    return {
        "f1": float(_f1(once, predicted, truth)[0]),
        "f1_low": low,
        "f1_high": high,
        "precision": hits / max(1, int(predicted.sum())),
        "recall": hits / int(truth.sum()),
        "precision_at_recall_99": precision_at_recall(scores, truth, RECALL),
    }


def precision_at_recall(scores: np.ndarray, truth: np.ndarray, recall: float) -> float:
    """Precision at the highest threshold of the score that reaches a recall.

    Args:
        scores: float [N].
        truth: whether each example is of the class, bool [N], at least one.
        recall: in 0..1.
    """
    of_class = np.sort(scores[truth])[::-1]
    needed = max(1, int(np.ceil(recall * len(of_class) - 1e-9)))
    claimed = scores >= of_class[needed - 1]
    return float((claimed & truth).sum() / claimed.sum())


def _f1(counts: np.ndarray, predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F1 of resamples, float64 [R], of counts [R, N]; 0 without any of the class."""
    hits = counts[:, predicted & truth].sum(axis=1, dtype=np.float64)
    both = counts[:, predicted].sum(axis=1, dtype=np.float64) + counts[:, truth].sum(axis=1)
    return np.divide(2 * hits, both, out=np.zeros_like(hits), where=both > 0)
