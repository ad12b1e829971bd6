"""The baselines of each task answer in the form in which its export does."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines import tasks
from pipelines.task import Baselines
from tests.given import column, examples
from tests.pipelines.tasks.made_up_plays import play

COMPARED = [name for name in tasks.names() if tasks.get(name).baselines]


def png(shade):
    return tf.io.encode_png(np.full((4, 4, 1), shade, np.uint8)).numpy()


def made(name):
    """Examples of a task."""
    columns = {
        "text": column("a good film", "a bad one", "it is good", "all bad"),
        "target": column("A B", "B A", "B", "A A B"),
        "label": np.array([1, 0, 1, 0]),
        "value": np.array([1.0, 2.0, 3.0, 4.0], np.float32),
        "lag": np.array([2, 2, 4, 4]),
        "image": column(*(png(shade) for shade in (0, 255, 10, 240))),
        "steps": column(*(np.full((5, 2), step, np.float32) for step in range(4))),
    }
    if name == "ner":
        columns |= {"text": column("Ann\nsaw\n", "Bob\n"), "target": column("B-PER O", "B-PER")}
    if name == "shakespeare":
        columns["text"] = column(play(1, 3), play(2, 3))
    names = {each.name for each in tasks.get(name).columns}
    kept = {key: values for key, values in columns.items() if key in names}
    return examples(kept, ("bad", "good") if "label" in kept else ())


def as_of_an_export(answers, count):
    """What an export answers beside, which a baseline does not."""
    if "score_loss" in answers:
        return answers | {"output": column(*[b"and so on"] * count)}
    return answers


@pytest.mark.parametrize("name", COMPARED)
def test_the_output_judges_baselines_as_it_judges_an_export(name):
    task, given = tasks.get(name), made(name)
    found = task.baselines.answers(given)
    assert found
    reference = task.reference(given, "test")
    for own, answers in found.items():
        assert all(isinstance(values, np.ndarray) for values in answers.values())
        assert all(len(values) == given.size("test") for values in answers.values())
        export = as_of_an_export(answers, given.size("test"))
        evaluation = task.output.evaluate(export, reference, found)
        for metric, value in evaluation.baselines[own].items():
            assert evaluation.metrics[metric] == pytest.approx(value, nan_ok=True), metric


def test_on_data_that_lack_a_column_there_are_none():
    given = made("sentiment")
    assert Baselines("text_classification", ("text", "label")).answers(given)
    assert Baselines("text_classification", ("text", "label", "other")).answers(given) == {}
