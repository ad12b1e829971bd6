"""Tagging: a whole training on made-up sentences, and what a person sees of an answer."""

import subprocess
import sys

import numpy as np
import pytest

from pipelines import cli
from pipelines.exporting import versions
from pipelines.exporting.loaded import Loaded
from pipelines.problems.tagging import Tagging
from pipelines.problems.tagging_report import marked

PEOPLE = ("Ann", "Bob Lee", "Cleo", "Dan Orr", "Eve")
PLACES = ("Rome", "New York", "Oslo", "Bern", "Lima")
TINY = (
    *("UNITS=8", "EMBEDDING_DIM=8", "FILTERS=8", "BATCH_SIZE=16", "BUCKETS=1", "EPOCHS=6"),
    *("LEARNING_RATE=0.03", "DROPOUT=0.1", "TOKEN_DROPOUT=0", "EMA=0", "WARMUP=0"),
)


def tagged(name, kind):
    first, *others = name.split()
    return [f"{first} B-{kind}", *(f"{word} I-{kind}" for word in others)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    lines = []
    for who in PEOPLE:
        for where in PLACES:
            for verb in ("likes", "left", "sees", "leaves", "met"):
                rest = [f"{verb} O", *tagged(where, "LOC"), ". O", ""]
                lines += [*tagged(who, "PER"), *rest]
    file = tmp_path_factory.mktemp("tagging") / "names.conll"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_names_are_learned_exported_and_marked(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    assert cli.main(["train", "TASK=ner", f"DATA={corpus}", *TINY]) == 0
    said = capsys.readouterr().out
    assert "most_frequent_tag" in said
    capsys.readouterr()
    assert cli.main(["predict", "TASK=ner", "INPUT=Dan Orr left New York."]) == 0
    assert "[Dan Orr PER] left [New York LOC]." in capsys.readouterr().out
    answer = Loaded(versions.get("ner").folder).answer({"text": ["Eve sees Oslo.", "Ann\nleft\n"]})
    assert answer["words"].tolist() == [
        [b"Eve", b"sees", b"Oslo", b"."],
        [b"Ann", b"left", b"", b""],
    ]
    assert answer["entities"].tolist() == [[b"Eve", b"Oslo"], [b"Ann", b""]]


COLUMNS = {
    "text": np.array(["Ann\nsaw\nNew\nYork\n", "It\nrained\n", "Bob\n"], object),
    "target": np.array(["B-PER O B-LOC I-LOC", "O O", "B-PER"], object),
}


def test_an_evaluation_shows_what_is_wrong_and_counts_words_that_were_cut_off_as_missed():
    found = np.array([[b"B-PER", b"O", b"B-LOC"], [b"O", b"O", b""], [b"B-LOC", b"", b""]], object)
    evaluation = Tagging().evaluate({"tags": found}, COLUMNS, (), {"other": {"tags": found}})
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
    evaluation = Tagging().evaluate({"tags": found}, COLUMNS, (), {})
    assert evaluation.metrics["f1"] == 1.0
    assert "0 of 3 have a mistake" in evaluation.texts["examples.md"]


def test_an_answer_keeps_the_spaces_of_the_text():
    words = np.array([[b"(", b"Ann", b"Lee", b")", b"did", b"n't", b"go", b"."]], object)
    tags = np.array([[b"O", b"B-PER", b"I-PER", b"O", b"O", b"O", b"O", b"O"]], object)
    outputs = {"words": words, "tags": tags, "score": np.array([np.log(0.5)])}
    said = Tagging().show({"text": "(Ann Lee) didn't go."}, outputs)
    assert said.splitlines() == [
        "([Ann Lee PER]) didn't go.  (50.0% for all of it)",
        "  PER  Ann Lee",
    ]
    lines = Tagging().show({"text": "(\nAnn\nLee\n)\n"}, outputs).splitlines()
    assert lines[0].startswith("( [Ann Lee PER] )")


def test_neighbours_are_marked_apart():
    assert marked(["A", "B", "C"], ["B-X", "B-X", "I-X"]) == "[A X] [B C X]"


def test_a_problem_is_light_to_declare():
    code = (
        "import sys; from pipelines import tasks; tasks.get('ner').problem.columns;"
        "sys.exit(str({'numpy', 'tensorflow', 'keras', 'seqeval'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == ""
