"""Text classification: what a person sees of an answer, and how light it is to declare."""

import subprocess
import sys

import numpy as np
import pytest

from pipelines.config import resolve
from pipelines.examples import SPLITS, Examples, Provenance
from pipelines.features import text
from pipelines.problems.text_classification import TextClassification

ANSWER = {
    "label": np.array([b"gut"], object),
    "scores": np.array([[0.05, 0.7, 0.25]], np.float32),
    "classes": np.array([[b"schlecht", b"gut", "mittelmäßig".encode()]], object),
}
ATTENTION = {
    "tokens": np.array([[b"ein", b"sehr", "schöner".encode(), b"film", b"", b""]], object),
    "attention": np.array([[0.1, 0.2, 0.6, 0.1, 0.0, 0.0]], np.float32),
}
RAW = {"text": "Ein sehr schöner Film"}


def test_an_answer_names_the_label_and_ranks_all_classes():
    first, *lines = TextClassification().show(RAW, ANSWER).splitlines()
    assert first == "gut  (70.0%)  Ein sehr schöner Film"
    assert [line.split()[:2] for line in lines] == [
        ["gut", "70.0%"],
        ["mittelmäßig", "25.0%"],
        ["schlecht", "5.0%"],
    ]
    assert [line.count("█") for line in lines] == [14, 5, 1]
    assert len({line.index("%") for line in lines}) == 1  # in columns


def test_attended_words_come_in_order_without_padding():
    last = TextClassification().show(RAW, ANSWER | ATTENTION).splitlines()[-1]
    assert last.strip() == "attended to: schöner 60%, sehr 20%, ein 10%, film 10%"


def test_without_attention_nothing_is_said_of_it():
    assert "attended" not in TextClassification().show(RAW, ANSWER)


@pytest.mark.parametrize(("strength", "names"), [("", []), ("rating", ["rating"])])
def test_columns_are_text_label_and_perhaps_an_optional_strength(strength, names):
    text, label, *others = TextClassification(strength).columns
    assert (text.name, text.kind, text.optional) == ("text", "text", False)
    assert (label.name, label.kind, label.optional) == ("label", "label", False)
    assert [column.name for column in others] == names
    assert all(column.optional and column.kind == "number" for column in others)


def test_evaluation_is_beside_the_baselines():
    texts = np.array(["a", "b", "c", "d"], object)
    columns = {"text": texts, "label": np.array([0, 1, 0, 1])}
    right = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
    wrong = right[:, ::-1]
    found = TextClassification().evaluate(
        {"scores": right}, columns, ("no", "yes"), {"linear": {"scores": wrong}}
    )
    assert found.metrics["accuracy"] == 1.0
    assert found.baselines["linear"]["accuracy"] == 0.0
    assert found.metrics["accuracy_over_linear"] == 1.0
    assert {"confusion_matrix.png", "calibration.png", "baselines.png"} <= set(found.figures)
    alone = TextClassification().evaluate({"scores": right}, columns, ("no", "yes"), {})
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
    problem = TextClassification(positive="spam")
    told = problem.evaluate({"scores": scores}, columns, labels, {"linear": {"scores": scores}})
    plain = TextClassification().evaluate({"scores": scores}, columns, labels, {})
    assert plain.metrics.items() <= told.metrics.items()
    assert ("f1" in told.metrics) == (found is not None)
    assert not {"f1", "precision_at_recall_99"} & set(plain.metrics)
    if found is not None:
        assert told.metrics["f1"] == pytest.approx((2 / 3, 4 / 5)[found])
        assert told.baselines["linear"]["f1"] == told.metrics["f1"]
        assert told.metrics["precision_at_recall_99"] == (0.5, 0.75)[found]


def test_a_problem_is_light_to_declare():
    code = (
        "import sys; from pipelines.problems.text_classification import TextClassification;"
        "TextClassification('rating').columns;"
        "sys.exit(str({'numpy', 'tensorflow', 'keras', 'sklearn'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == ""


def test_vocabulary_and_card_split_each_text_once(monkeypatch):
    read = []
    split_words = text.split_words
    monkeypatch.setattr(
        text, "split_words", lambda texts: read.extend(texts.numpy()) or split_words(texts)
    )
    splits = {
        name: {"text": np.array([f"{name} one", f"{name} two"], object), "label": np.arange(2)}
        for name in SPLITS
    }
    examples = Examples(splits, ("bad", "good"), Provenance("yours", "mine.csv", "", "0"))
    config = resolve("toy", "many_to_one", {"min_count": 1})
    problem = TextClassification()
    card = problem.card(examples, problem.fit(examples, config), config)
    assert sorted(read) == sorted(f"{name} {n}".encode() for name in SPLITS for n in ("one", "two"))
    assert card["vocabulary"] == {"known": 3, "in_training_texts": 3}
    assert card["splits"]["test"]["out_of_vocabulary"] == 0.5
