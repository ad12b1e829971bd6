"""What several reports share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pipelines.evaluation import figures
from pipelines.evaluation.metric import Directions, Metric
from pipelines.outputs.base import Answers

LARGEST_LOSS = 700.0
"""A larger loss has no perplexity that a float can hold."""


def decoded(texts: np.ndarray) -> list[str]:
    """Texts of an export, bytes `[n]`, as strings; padding "" stays."""
    return [text.decode("utf-8", "replace") for text in texts]


def tokens_of(texts: np.ndarray) -> list[str]:
    """Tokens of an export, bytes `[n]`, as strings without padding."""
    return [text for text in decoded(texts) if text]


def evenly_spaced(size: int, count: int) -> np.ndarray:
    """At most `count` positions among `size`, at even steps, the first and the last included."""
    return np.unique(np.linspace(0, size - 1, count).astype(int))


def by_confidence(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The examples predicted right and those predicted wrong, each the most confident first.

    Args:
        scores: float `[n, classes]`.
        truth: classes, int `[n]`.
    """
    order = np.argsort(-scores.max(axis=1), kind="stable")
    right = scores.argmax(axis=1)[order] == truth[order]
    return order[right], order[~right]


def loss_and_perplexity(answers: Answers) -> tuple[float, float]:
    """The mean loss of all true tokens, in nats, and their perplexity."""
    sizes = np.asarray(answers["score_size"], np.float64)
    loss = float((answers["score_loss"] * sizes).sum() / sizes.sum())
    return loss, math.exp(min(loss, LARGEST_LOSS))


def comparison(
    metrics: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    declared: Sequence[Metric],
) -> dict[str, Figure]:
    """File name -> figure of the metrics beside the baselines'; empty without baselines."""
    if not baselines:
        return {}
    figure = figures.comparison_with_baselines(metrics, baselines, Directions(*declared))
    return {"baselines.png": figure}
