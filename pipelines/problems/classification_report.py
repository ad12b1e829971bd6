"""What an evaluation of a text classifier shows: metrics, baselines, figures, mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from pipelines import figures
from pipelines.evaluation.classification import evaluate, paired_difference
from pipelines.evaluation.detection import detection
from pipelines.evaluation.mistakes import mistakes
from pipelines.examples import Columns
from pipelines.task import Evaluation, Outputs

LINEAR = "linear"
"""The baseline that a network should not be worse than."""

ATTENDED = 6
"""Examples in the picture of attention: half right, half wrong, where there are as many."""


def report(
    outputs: Outputs,
    columns: Columns,
    labels: tuple[str, ...],
    baselines: Mapping[str, Outputs],
    positive: str = "",
) -> Evaluation:
    """Evaluates scores on a split.

    Args:
        outputs: `scores`, float `[n, classes]`; perhaps `attention` and `tokens` `[n, words]`.
        columns: of the split: `text` and `label`.
        labels: names of the classes.
        baselines: name -> the `scores` of a model without a network on the same split.
        positive: as of `TextClassification`.
    """
    scores, truth = outputs["scores"], columns["label"]
    predicted = scores.argmax(axis=1)
    metrics = _metrics(scores, truth, labels, positive)
    others = {
        name: _metrics(other["scores"], truth, labels, positive)
        for name, other in baselines.items()
    }
    if LINEAR in baselines:
        theirs = baselines[LINEAR]["scores"].argmax(axis=1)
        gain = paired_difference(predicted == truth, theirs == truth)
        metrics |= {
            "accuracy_over_linear": gain.value,
            "accuracy_over_linear_low": gain.low,
            "accuracy_over_linear_high": gain.high,
            "accuracy_over_linear_p": gain.p_value,
        }
    shown = {
        "confusion_matrix.png": figures.confusion_matrix(truth, predicted, labels),
        "calibration.png": figures.reliability(scores, truth),
    }
    if others:
        shown["baselines.png"] = figures.comparison_with_baselines(metrics, others)
    if "attention" in outputs:
        shown["attention.png"] = _attention(outputs, predicted, truth, labels)
    texts = {"mistakes.md": mistakes(columns["text"].tolist(), scores, truth, labels)}
    return Evaluation(metrics, others, shown, texts)


def _metrics(
    scores: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], positive: str
) -> dict[str, float]:
    metrics = evaluate(scores, truth, labels)
    known = positive in labels
    if positive and (known or len(labels) == 2):
        one = labels.index(positive) if known else 1
        found = detection(scores[:, one], scores.argmax(axis=1) == one, truth == one)
        return found | metrics
    return metrics


def _attention(
    outputs: Outputs, predicted: np.ndarray, truth: np.ndarray, labels: tuple[str, ...]
) -> Figure:
    """The words that the most confident right and wrong answers rest on."""
    surest = np.argsort(-outputs["scores"].max(axis=1), kind="stable")
    right = surest[predicted[surest] == truth[surest]][: ATTENDED // 2]
    wrong = surest[predicted[surest] != truth[surest]][: ATTENDED // 2]
    examples = []
    for row in [*right, *wrong]:
        words = [word.decode("utf-8", "replace") for word in outputs["tokens"][row] if word]
        weights = outputs["attention"][row][: len(words)].tolist()
        examples.append((words, weights, labels[predicted[row]], labels[truth[row]]))
    return figures.attention_words(examples)
