"""Every metric that an output evaluates, or that a task is judged by, is declared by the output."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines import tasks
from pipelines.evaluation.metric import Directions, UndeclaredMetric
from pipelines.inputs.words import Words
from pipelines.outputs.base import Reference
from pipelines.outputs.classes import Classes
from pipelines.outputs.next_token import NextToken
from pipelines.outputs.tags import Tags
from pipelines.outputs.text import Text
from pipelines.outputs.transcript import Transcript
from pipelines.outputs.values import Value
from tests.given import column

COUNT = 4
LAGS = {"lag": np.array([2, 2, 4, 4])}
SCORES = {
    "score_loss": np.full(COUNT, 0.5),
    "score_size": np.full(COUNT, 30.0),
    "score_losses": np.full((COUNT, 30), 0.5),
}


def of_classes(task):
    labels = ("ham", "spam")
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]], np.float32)
    inputs = {"text": column(*"abcd"), "steps": column(*[np.zeros((3, 2), np.float32)] * COUNT)}
    inputs["image"] = column(*[tf.io.encode_png(np.zeros((2, 2, 1), np.uint8)).numpy()] * COUNT)
    columns = {"label": np.array([0, 1, 0, 1])}
    columns |= {each.name: inputs[each.name] for each in task.input.columns}
    return columns, {"scores": scores}, labels


def of_tags(task):
    tags = np.array([[b"B-PER", b"O"], [b"O", b"B-LOC"], [b"O", b"O"], [b"B-X", b"I-X"]], object)
    target = column("B-PER O", "O B-ORG", "O O", "B-X O")
    text = column("a\nb\n", "c\nd\n", "e\nf\n", "g\nh\n")
    return {"text": text, "target": target}, {"tags": tags}, ()


def of_text(task):
    texts = column("ab cd", "cd", "ef", "g")
    written = column(b"ab cd", b"cd", b"e", b"")
    answers = {"output": written, "score": np.zeros(COUNT), "score_output": written, **SCORES}
    return {"text": column(*"wxyz"), "target": texts, **LAGS}, answers, ()


def of_next_token(task):
    return (
        {"text": column(*["abc" * 10] * COUNT)},
        {"output": column(*[b"ab c"] * COUNT), **SCORES},
        (),
    )


def of_value(task):
    return {"value": np.ones(COUNT), **LAGS}, {"value": np.array([1, 0.5, 1, 2.0])}, ()


MADE = {
    Classes: of_classes,
    Tags: of_tags,
    Text: of_text,
    Transcript: of_text,
    NextToken: of_next_token,
    Value: of_value,
}


def evaluated(task, group=""):
    """What the output of a task finds, with a baseline that answers the same."""
    columns, answers, labels = MADE[type(task.output)](task)
    if group:
        columns[group] = column("ann", "ann", "bob", "bob")
    reference = Reference(columns, labels, task.input, group)
    return task.output.evaluate(answers, reference, {"linear": answers})


@pytest.mark.parametrize("name", tasks.names())
def test_all_metrics_of_an_evaluation_are_declared(name):
    task = tasks.get(name)
    group = next((each.name for each in task.split.columns), "")
    found = evaluated(task, group)
    directions = Directions(*task.output.metrics)
    for metrics in (found.metrics, *found.baselines.values()):
        for metric in metrics:
            directions.metric(metric)


@pytest.mark.parametrize("name", tasks.names())
def test_what_a_task_is_judged_by_is_declared_and_evaluated(name):
    task = tasks.get(name)
    directions = Directions(*task.output.metrics)
    found = evaluated(task).metrics
    for metric in (task.metric, *task.thresholds):
        directions.metric(metric)
        assert metric in found
    assert task.monitor.startswith("val_")
    directions.metric(task.monitor)


def test_metrics_of_groups_and_of_a_class_to_be_found_are_declared():
    output = Classes(positive="spam")
    columns, answers, labels = of_classes(tasks.get("spam"))
    columns |= {"speaker": column("ann", "ann", "bob", "bob")}
    reference = Reference(columns, labels, Words(), "speaker")
    found = output.evaluate(answers, reference, {"linear": answers})
    assert {"worst_speaker_accuracy", "f1", "accuracy_over_linear_low"} <= found.metrics.keys()
    for metric in found.metrics:
        declared = Directions(*output.metrics).metric(metric)
        small = metric.removesuffix("_low").removesuffix("_high") in ("log_loss", "ece", "brier")
        assert declared.smaller_is_better == small, metric


def test_a_metric_that_nobody_declares_is_an_error():
    with pytest.raises(UndeclaredMetric):
        Directions(*Value(0.1).metrics).metric("f1")
