"""Span F1: an entity is right if both its words and its type are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from seqeval.metrics.sequence_labeling import get_entities

from pipelines.evaluation import bootstrap

Tags = Sequence[Sequence[str]]
"""The tags of each sentence."""


def evaluate(truth: Tags, predicted: Tags, seed: int = 0) -> dict[str, float]:
    """Precision, recall and F1 of whole entities, as conlleval and seqeval count them.

    The bootstrap draws sentences.

    Args:
        truth: in BIO.
        predicted: likewise, sentences of the same lengths.
        seed: of the bootstrap.

    Returns:
        `f1` with its 95 % interval `f1_low` and `f1_high`, `precision`, `recall`; `f1_<type>` of
        each type in the truth; `token_accuracy`. An F1 without any entities is 0.
    """
    true_spans, spans = (
        [set(map(tuple, get_entities(list(tags)))) for tags in side] for side in (truth, predicted)
    )
    hits = [true & claimed for true, claimed in zip(true_spans, spans, strict=True)]
    groups = (hits, spans, true_spans)
    counts = np.array([list(map(len, group)) for group in groups], np.float32)
    once = np.ones((1, len(truth)), np.float32)
    resampled = [_f1(drawn, counts) for drawn in bootstrap.draws(len(truth), seed)]
    low, high = bootstrap.interval(np.concatenate(resampled))
    n_hits, n_predicted, n_true = counts.sum(axis=1)
    metrics = {
        "f1": float(_f1(once, counts)[0]),
        "f1_low": low,
        "f1_high": high,
        "precision": float(n_hits / max(1, n_predicted)),
        "recall": float(n_hits / max(1, n_true)),
    }
    by_type = [Counter(span[0] for sentence in group for span in sentence) for group in groups]
    for kind in sorted(by_type[2]):
        of_type = [counter[kind] for counter in by_type]
        metrics[f"f1_{kind}"] = 2 * of_type[0] / (of_type[1] + of_type[2])
    pairs = zip(chain(*truth), chain(*predicted), strict=True)
    same = sum(true == tag for true, tag in pairs)
    return metrics | {"token_accuracy": same / max(1, sum(map(len, truth)))}


def _f1(drawn: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """F1 of resamples, float64 [R], of how often each sentence was drawn [R, N].

    Args:
        drawn: float32 [R, N].
        counts: hits, predicted and true entities of each sentence: [3, N].
    """
    hits, predicted, true = (drawn.astype(np.float64) @ count for count in counts)
    total = predicted + true
    return np.divide(2 * hits, total, out=np.zeros_like(total), where=total > 0)
