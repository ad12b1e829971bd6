"""Answers that are right or wrong, character by character: copies, sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.evaluation import bootstrap


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Judges answers.

    Args:
        written: N texts.
        references: the right answers to each, one or more.

    Returns:
        `accuracy`: the share of answers that are right to the last character, with the bounds
        `_low` and `_high` of its 95 % interval; `character_accuracy`: the share of places that are
        right, the mean over the answers.
    """
    pairs = zip(written, references, strict=True)
    errors = np.array([error(text, right) for text, right in pairs])
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
    """The share of places at which an answer differs from the nearest right one.

    A place that only one of the two has is a wrong one.
    """
    return min(_differing(written, right) for right in references)


def _differing(written: str, right: str) -> float:
    longest = max(len(written), len(right))
    same = sum(a == b for a, b in zip(written, right, strict=False))
    return (longest - same) / max(longest, 1)
