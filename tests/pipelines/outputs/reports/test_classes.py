"""What an evaluation of a classifier shows."""

import numpy as np
import pytest

from pipelines.inputs.image import Image
from pipelines.inputs.words import Words
from pipelines.outputs.base import Reference
from pipelines.outputs.classes import Classes
from pipelines.outputs.reports.classes import report
from tests.given import column
from tests.pipelines.inputs.images import png

RIGHT = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
COLUMNS = {"text": column("a", "b", "c", "d"), "label": np.array([0, 1, 0, 1])}


def reference(columns, labels, input=None, group=""):
    return Reference(columns, labels, input or Words(), group)


def test_evaluation_is_beside_the_baselines():
    texts = np.array(["a", "b", "c", "d"], object)
    columns = {"text": texts, "label": np.array([0, 1, 0, 1])}
    right = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
    wrong = right[:, ::-1]
    given = reference(columns, ("no", "yes"))
    found = Classes().evaluate({"scores": right}, given, {"linear": {"scores": wrong}})
    assert found.metrics["accuracy"] == 1.0
    assert found.baselines["linear"]["accuracy"] == 0.0
    assert found.metrics["accuracy_over_linear"] == 1.0
    assert {"confusion_matrix.png", "calibration.png", "baselines.png"} <= set(found.figures)
    alone = Classes().evaluate({"scores": right}, given, {})
    assert alone.baselines == {}
    assert not [name for name in alone.metrics if "linear" in name]


@pytest.mark.parametrize(
    ("labels", "found"),
    [(("spam", "wanted"), 0), (("ham", "spam"), 1), (("0", "1"), 1), (("a", "b", "c"), None)],
)
def test_a_class_that_is_to_be_found_adds_its_f1(labels, found):
    truth = np.array([0, 1, 1, 1])
    scores = np.eye(len(labels))[[0, 1, 1, 0]]
    columns = {"text": np.array(list("abcd"), object), "label": truth}
    given, answers = reference(columns, labels), {"scores": scores}
    told = Classes(positive="spam").evaluate(answers, given, {"linear": answers})
    plain = Classes().evaluate(answers, given, {})
    assert plain.metrics.items() <= told.metrics.items()
    assert ("f1" in told.metrics) == (found is not None)
    assert not {"f1", "precision_at_recall_99"} & set(plain.metrics)
    if found is not None:
        assert told.metrics["f1"] == pytest.approx((2 / 3, 4 / 5)[found])
        assert told.baselines["linear"]["f1"] == told.metrics["f1"]
        assert told.metrics["precision_at_recall_99"] == (0.5, 0.75)[found]


@pytest.mark.parametrize(
    ("names", "compared"),
    [
        (["majority"], ""),
        (["linear", "svm"], "svm"),
        (["linear", "random_forest"], "random_forest"),
    ],
)
def test_the_gain_is_that_over_the_strongest_baseline_there_is(names, compared):
    baselines = {name: {"scores": RIGHT[:, ::-1]} for name in names}
    metrics = report({"scores": RIGHT}, reference(COLUMNS, ("no", "yes")), baselines).metrics
    over = {name for name in metrics if name.startswith("accuracy_over_")}
    ends = ("", "_low", "_high", "_p")
    assert over == ({f"accuracy_over_{compared}{end}" for end in ends} if compared else set())


def test_groups_are_told_apart():
    columns = COLUMNS | {"speaker": column("ann", "ann", "bob", "bob"), "label": np.zeros(4, int)}
    scores = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    given = reference(columns, ("no", "yes"), group="speaker")
    metrics = report({"scores": scores}, given, {}).metrics
    assert metrics["worst_speaker_accuracy"] == 0.5
    assert metrics["mean_speaker_accuracy"] == 0.75


def test_attention_is_drawn_where_steps_have_names():
    given = reference(COLUMNS, ("no", "yes"))
    names = np.array([[b"x", b"y"]] * 4, object)
    answers = {"scores": RIGHT, "attention": np.full((4, 2), 0.5), "tokens": names}
    assert "attention.png" in report(answers, given, {}).figures
    del answers["tokens"]
    assert "attention.png" not in report(answers, given, {}).figures


def test_mistakes_are_told_and_drawn_where_a_person_would_rather_look():
    found = report({"scores": RIGHT[:, ::-1]}, reference(COLUMNS, ("no", "yes")), {})
    assert "4 of 4 (100.0 %) are wrong." in found.texts["mistakes.md"]
    assert "mistakes.png" not in found.figures
    columns = {"image": column(*[png(4, 4)] * 4), "label": np.array([0, 1, 0, 1])}
    seen = reference(columns, ("no", "yes"), Image())
    drawn = report({"scores": RIGHT[:, ::-1]}, seen, {}).figures["mistakes.png"]
    titles = [axes.get_title(loc="left") for axes in drawn.axes]
    assert titles == ["yes (true: no)", "no (true: yes)", "no (true: yes)", "yes (true: no)"]
    assert "mistakes.png" not in report({"scores": RIGHT}, seen, {}).figures
