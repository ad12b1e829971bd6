"""Span F1: an entity is right if its words and its type are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from seqeval.metrics.sequence_labeling import get_entities

from pipelines.evaluation import bootstrap

Tags = Sequence[Sequence[str]]
"""The tags of each sentence."""


def evaluate(truth: Tags, found: Tags, seed: int = 0) -> dict[str, float]:
    """Precision, recall and F1 of whole entities, as conlleval and seqeval count them.

    The bootstrap draws sentences.

    Args:
        truth: in BIO.
        found: as long as the truth, sentence by sentence.
        seed: of the bootstrap.

    Returns:
        `f1` with its 95 % interval `f1_low` and `f1_high`, `precision`, `recall`; `f1_<type>` of
        each type in the truth; `token_accuracy`. An F1 of nothing found and nothing there is 0.
    """
    right = [set(map(tuple, get_entities(list(tags)))) for tags in truth]
    said = [set(map(tuple, get_entities(list(tags)))) for tags in found]
    hits = [one & other for one, other in zip(right, said, strict=True)]
    counts = np.array([[len(e) for e in part] for part in (hits, said, right)], np.float32)
    once = np.ones((1, len(right)), np.float32)
    resampled = [_f1(drawn, counts) for drawn in bootstrap.draws(len(right), seed)]
    low, high = bootstrap.interval(np.concatenate(resampled))
    n_hits, n_said, n_right = counts.sum(axis=1)
    metrics = {
        "f1": float(_f1(once, counts)[0]),
        "f1_low": low,
        "f1_high": high,
        "precision": float(n_hits / max(1, n_said)),
        "recall": float(n_hits / max(1, n_right)),
    }
    of_type = [Counter(e[0] for one in part for e in one) for part in (hits, said, right)]
    for kind in sorted(of_type[2]):
        some, claimed, actual = (counter[kind] for counter in of_type)
        metrics[f"f1_{kind}"] = 2 * some / (claimed + actual)
    same = sum(a == b for x, y in zip(truth, found, strict=True) for a, b in zip(x, y, strict=True))
    return metrics | {"token_accuracy": same / max(1, sum(map(len, truth)))}


def _f1(drawn: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """F1 of resamples, float64 [R], of how often each sentence was drawn [R, N].

    Args:
        drawn: float32 [R, N].
        counts: entities of each sentence that are found and right, found, and there: [3, N].
    """
    hits, said, right = (drawn.astype(np.float64) @ each for each in counts)
    total = said + right
    return np.divide(2 * hits, total, out=np.zeros_like(total), where=total > 0)
