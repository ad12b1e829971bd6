"""What an evaluation of a tagger shows."""

import numpy as np
import pytest

from pipelines.inputs.sentences import Sentences
from pipelines.outputs.base import Reference
from pipelines.outputs.reports.tags import marked, report
from tests.given import column

COLUMNS = {
    "text": column("Ann\nsaw\nNew\nYork\n", "It\nrained\n", "Bob\n"),
    "target": column("B-PER O B-LOC I-LOC", "O O", "B-PER"),
}
REFERENCE = Reference(COLUMNS, (), Sentences())


def test_an_evaluation_shows_what_is_wrong_and_counts_words_that_were_cut_off_as_missed():
    found = np.array([[b"B-PER", b"O", b"B-LOC"], [b"O", b"O", b""], [b"B-LOC", b"", b""]], object)
    evaluation = report({"tags": found}, REFERENCE, {"other": {"tags": found}})
    assert evaluation.metrics["precision"] == pytest.approx(1 / 3)
    assert evaluation.metrics["recall"] == pytest.approx(1 / 3)
    assert evaluation.metrics["f1_LOC"] == 0
    assert evaluation.metrics["token_accuracy"] == pytest.approx(5 / 7)
    assert evaluation.baselines["other"] == evaluation.metrics
    assert set(evaluation.figures) == {"confusion_matrix.png", "baselines.png"}
    text = evaluation.texts["examples.md"]
    assert "2 of 3 have a mistake" in text
    assert "- true:  [Ann PER] saw [New York LOC]\n  found: [Ann PER] saw [New LOC] York" in text
    assert "rained" not in text  # right, but without an entity


def test_an_evaluation_of_right_answers_alone_has_no_mistakes():
    right = np.array([t.split() + [""] * (4 - len(t.split())) for t in COLUMNS["target"]])
    found = np.char.encode(right.astype(str)).astype(object)
    evaluation = report({"tags": found}, REFERENCE, {})
    assert evaluation.metrics["f1"] == 1.0
    assert "0 of 3 have a mistake" in evaluation.texts["examples.md"]


def test_neighbours_are_marked_apart():
    assert marked(["A", "B", "C"], ["B-X", "B-X", "I-X"]) == "[A X] [B C X]"
