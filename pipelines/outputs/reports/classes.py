"""Evaluation report of a classifier: metrics, baselines, figures, mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from pipelines.evaluation import figures
from pipelines.evaluation.metrics.classification import evaluate, paired_difference
from pipelines.evaluation.metrics.detection import detection
from pipelines.outputs.base import Answers, Evaluation, Reference
from pipelines.outputs.classes import METRICS
from pipelines.outputs.reports.common import by_confidence, comparison, tokens_of
from pipelines.outputs.reports.mistakes import mistakes

STRONGEST = ("svm", "random_forest", "linear")
"""Baselines in order of strength; the accuracy is compared with the first available one."""

DRAWN = 12
"""Mistakes in their figure."""

ATTENDED = 6
"""Examples in the figure of attention: at most half of them right, half wrong."""


def report(
    answers: Answers, reference: Reference, baselines: Mapping[str, Answers], positive: str = ""
) -> Evaluation:
    """Evaluates scores on a split.

    Args:
        answers: `scores`, float `[n, classes]`; optionally `attention` and `tokens` `[n, steps]`.
        reference: the split, with the column `label`.
        baselines: name -> the `scores` of a baseline on the same split.
        positive: as of `pipelines.outputs.classes.Classes`.
    """
    scores, truth, labels = answers["scores"], reference.columns["label"], reference.labels
    predicted = scores.argmax(axis=1)
    metrics = _metrics(scores, truth, labels, positive)
    metrics |= _of_groups(predicted == truth, reference)
    compared = {
        name: _metrics(each["scores"], truth, labels, positive) for name, each in baselines.items()
    }
    if strongest := next((name for name in STRONGEST if name in baselines), ""):
        right = baselines[strongest]["scores"].argmax(axis=1) == truth
        gain = paired_difference(predicted == truth, right)
        metrics |= {
            f"accuracy_over_{strongest}": gain.value,
            f"accuracy_over_{strongest}_low": gain.low,
            f"accuracy_over_{strongest}_high": gain.high,
            f"accuracy_over_{strongest}_p": gain.p_value,
        }
    drawn = {
        "confusion_matrix.png": figures.confusion_matrix(truth, predicted, labels),
        "calibration.png": figures.reliability(scores, truth),
        **comparison(metrics, compared, METRICS),
    }
    if "tokens" in answers and "attention" in answers:
        drawn["attention.png"] = _attention(answers, truth, labels)
    if figure := _mistakes_figure(scores, truth, reference):
        drawn["mistakes.png"] = figure
    texts = {"mistakes.md": mistakes(reference.described(), scores, truth, labels)}
    return Evaluation(metrics, compared, drawn, texts)


def _of_groups(right: np.ndarray, reference: Reference) -> dict[str, float]:
    """The lowest accuracy of a group, and the mean over the groups."""
    if not reference.group:
        return {}
    groups = reference.columns[reference.group]
    shares = [float(right[groups == group].mean()) for group in sorted(set(groups))]
    return {
        f"worst_{reference.group}_accuracy": min(shares),
        f"mean_{reference.group}_accuracy": float(np.mean(shares)),
    }


def _mistakes_figure(scores: np.ndarray, truth: np.ndarray, reference: Reference) -> Figure | None:
    """The inputs of the most confident mistakes, where they can be drawn."""
    predicted, labels = scores.argmax(axis=1), reference.labels
    wrong = by_confidence(scores, truth)[1][:DRAWN]
    titles = [f"{labels[predicted[row]]} (true: {labels[truth[row]]})" for row in wrong]
    return reference.input.draw(reference.columns, wrong.tolist(), titles) if len(wrong) else None


def _metrics(
    scores: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], positive: str
) -> dict[str, float]:
    metrics = evaluate(scores, truth, labels)
    known = positive in labels
    if positive and (known or len(labels) == 2):
        one = labels.index(positive) if known else 1
        return detection(scores[:, one], scores.argmax(axis=1) == one, truth == one) | metrics
    return metrics


def _attention(answers: Answers, truth: np.ndarray, labels: tuple[str, ...]) -> Figure:
    """The attention of the most confident right and wrong predictions."""
    predicted = answers["scores"].argmax(axis=1)
    examples = []
    for row in np.concatenate(
        [rows[: ATTENDED // 2] for rows in by_confidence(answers["scores"], truth)]
    ):
        tokens = tokens_of(answers["tokens"][row])
        weights = answers["attention"][row][: len(tokens)].tolist()
        examples.append((tokens, weights, labels[predicted[row]], labels[truth[row]]))
    return figures.attention_words(examples)
