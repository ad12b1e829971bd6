"""Metrics of finding one class among others, such as spam among mails."""

from __future__ import annotations

import numpy as np

from pipelines.evaluation import bootstrap

RECALL = 0.99


def detection(scores: np.ndarray, found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """How well a class is found.

    Args:
        scores: of the class, float [N], N > 0.
        found: whether the example was said to be of the class, bool [N].
        truth: whether it is, bool [N].

    Returns:
        `f1` with its 95 % bootstrap interval `f1_low` and `f1_high`, `precision`, `recall`, and
        `precision_at_recall_99`: how many of what is found are right at the highest threshold
        that finds 99 % of the class. Nothing where no example is of the class.
    """
    if not truth.any():
        return {}
    once = np.ones((1, len(truth)), np.float32)
    drawn = bootstrap.draws(len(truth), seed=0)
    low, high = bootstrap.interval(np.concatenate([_f1(each, found, truth) for each in drawn]))
    hits = int((found & truth).sum())
    return {
        "f1": float(_f1(once, found, truth)[0]),
        "f1_low": low,
        "f1_high": high,
        "precision": hits / max(1, int(found.sum())),
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


def _f1(counts: np.ndarray, found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F1 of resamples, float64 [R], of counts [R, N]; 0 where there is nothing to find."""
    hits = counts[:, found & truth].sum(axis=1, dtype=np.float64)
    both = counts[:, found].sum(axis=1, dtype=np.float64) + counts[:, truth].sum(axis=1)
    return np.divide(2 * hits, both, out=np.zeros_like(hits), where=both > 0)
