"""Exact matches and matching characters, for copies and sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.evaluation import bootstrap
from pipelines.evaluation.metric import larger

METRICS = larger("accuracy", "character_accuracy")


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Compares texts with their references.

    Args:
        written: N texts.
        references: one or more for each.

    Returns:
        `accuracy`: the share of exact matches, with the bounds `_low` and `_high` of its 95 %
        interval; `character_accuracy`: the share of matching characters, the mean over the texts.
    """
    errors = np.array(list(map(error, written, references)))
    right = errors == 0
    drawn = bootstrap.draws(len(right), seed=0)
    shares = np.concatenate([bootstrap.accuracy(c, right, np.ones_like(right)) for c in drawn])
    low, high = bootstrap.interval(shares)
    return {
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "character_accuracy": float(1 - errors.mean()),
    }


def error(written: str, references: Sequence[str]) -> float:
    """The share of positions at which a text differs from the nearest reference.

    A position that only one of the two has counts as different.
    """
    return min(_differing(written, reference) for reference in references)


def _differing(written: str, reference: str) -> float:
    longest = max(len(written), len(reference))
    same = sum(a == b for a, b in zip(written, reference, strict=False))
    return (longest - same) / max(longest, 1)


def notes() -> str:
    """Notes on the metrics: none."""
    return ""
