"""What a language model has to beat: n-gram models of characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.data.examples import Columns
from pipelines.evaluation.baselines import Answers
from pipelines.evaluation.baselines.kneser_ney import KneserNey

ORDERS = {"5-gram": 5, "unigram": 1}


def predict(train: Columns, test: Columns, labels: tuple[str, ...]) -> dict[str, Answers]:
    """How well n-gram models predict the characters of the test split.

    They read what the network reads: a passage from its beginning. Characters that training lacks
    are one more symbol.

    Args:
        train: column `text`.
        test: column `text`.
        labels: not needed.

    Returns:
        Name -> `score_loss`, float64 `[n]`, nats a character of each passage; `score_size`, float64
        `[n]`, its characters; `score_losses`, float64 `[n, longest]`, of each character, 0 behind
        the end.
    """
    del labels
    known = sorted(set().union(*train["text"]))
    learned, asked = _ids(train["text"], known), _ids(test["text"], known)
    sizes = np.array([len(ids) for ids in asked], np.float64)
    answers = {}
    for name, order in ORDERS.items():
        predicted = KneserNey(learned, len(known) + 1, order).probabilities(asked)
        losses = np.zeros((len(predicted), int(sizes.max())))
        for row, probabilities in zip(losses, predicted, strict=True):
            row[: len(probabilities)] = -np.log(probabilities)
        answers[name] = {
            "score_loss": losses.sum(axis=1) / sizes,
            "score_size": sizes,
            "score_losses": losses,
        }
    return answers


def _ids(texts: Sequence[str] | np.ndarray, known: list[str]) -> list[np.ndarray]:
    """Texts as places of their characters among those known; one more for all others."""
    points = np.array([ord(character) for character in known], np.int64)
    ids = []
    for text in texts:
        own = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64)
        place = np.minimum(np.searchsorted(points, own), len(points) - 1)
        ids.append(np.where(points[place] == own, place, len(points)))
    return ids
