"""`evaluate`, `export` and `predict`: what can be done with what was trained."""

import io
import os
import subprocess
import sys

import pytest

from pipelines import cli
from pipelines.serving import versions
from tests.conftest import write_sentences
from tests.pipelines.stages.conftest import PROJECT, exports_of, run_of, runs_of_task

pytestmark = pytest.mark.slow


def evaluate(stage, *words):
    return stage("evaluate", "TASK=sentiment", "VERSION=1", *words)


def test_evaluate_repeats_what_the_training_found(stage, trained):
    table = trained.said.partition("fitting the baselines")[2].partition("\n\n")[2]
    table = table.partition("\n\nexported")[0]
    code, out, err = evaluate(stage)
    assert (code, err) == (0, "")
    assert "sentiment version 1, two.csv, test split" in out
    assert table in out
    assert "mistakes.md" in out
    found = run_of(trained.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.metrics["test/accuracy"] == 1.0


def test_evaluate_on_other_data_leaves_the_run_alone(stage, trained, root):
    other = write_sentences(root / "elsewhere.csv", ("negative", "positive"))
    # In columns of other names, with half of the labels wrong.
    lines = other.read_text("utf-8").splitlines()[1:]
    lines = [
        f"{line.rpartition(',')[0]} indeed,negative" if i % 2 else line
        for i, line in enumerate(lines)
    ]
    other.write_text("\n".join(["said,judged", *lines]) + "\n", "utf-8")
    before = run_of(trained.run_id).data.metrics
    code, out, err = evaluate(stage, f"DATA={other}", "TEXT=said", "LABEL=judged")
    assert (code, err) == (0, "")
    assert "sentiment version 1, elsewhere.csv, test split" in out
    assert not [
        line
        for line in out.splitlines()
        if line.startswith("accuracy  ") and " 1.0000 " in line.partition("[")[0]
    ]
    assert run_of(trained.run_id).data.metrics == before


def test_evaluate_with_a_column_alone_stays_with_the_data_of_the_run(stage, trained):
    code, out, _ = evaluate(stage, "TEXT=text")
    assert code == 0
    assert "two.csv, test split" in out


def test_evaluate_on_data_with_other_labels_is_refused(stage, trained, root):
    three = write_sentences(root / "other_labels.csv", ("negative", "neutral", "positive"))
    code, _, err = evaluate(stage, f"DATA={three}")
    assert code == 2
    (line,) = err.splitlines()
    assert "has the labels negative, positive" in line
    assert "negative, neutral, positive" in line


def test_export_makes_a_new_version_of_the_latest_finished_run(stage, open_gate, trained, root):
    before = exports_of(root)
    code, out, err = stage("export", "TASK=sentiment", f"RUN={trained.run_id[:8]}")
    assert (code, err) == (0, "")
    assert f"run {trained.run_id[:8]}" in out
    new = versions.get("sentiment")
    assert len(exports_of(root)) == len(before) + 1
    assert new.card["run_id"] == trained.run_id
    old = versions.get("sentiment", "1")
    assert new.card["config"] == old.card["config"]
    assert new.card["dataset"] == old.card["dataset"]
    answers = [
        stage("predict", "TASK=sentiment", "INPUT=the film is dull", f"VERSION={version}")
        for version in (1, new.version)
    ]
    assert answers[0] == answers[1]
    assert run_of(trained.run_id).info.status == "FINISHED"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "RUN=nothing"], "no run 'nothing' of task sentiment"),
        (["evaluate", "VERSION=77"], "unknown version of sentiment '77'"),
        (["predict", "VERSION=77", "INPUT=a"], "unknown version of sentiment '77'"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(stage, trained, words, said):
    name, *rest = words
    runs = runs_of_task()
    code, out, err = stage(name, "TASK=sentiment", *rest)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line
    assert runs_of_task() == runs


@pytest.mark.parametrize("words", [["predict", "INPUT=fine"], ["evaluate"]])
def test_before_any_export_one_line_says_how_to_begin(capfd, monkeypatch, tmp_path, words):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    capfd.readouterr()
    assert cli.main([words[0], "TASK=sentiment", *words[1:]]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert "no export of task sentiment yet; run make train TASK=sentiment" in line
    assert not list(tmp_path.iterdir())


def predict(stage, *words):
    code, out, err = stage("predict", "TASK=sentiment", "VERSION=1", *words)
    assert err == ""
    assert code == 0
    return out


def test_predict_answers_readably(stage, trained):
    first, *lines = predict(stage, "INPUT=The whole plot is SUPERB").splitlines()
    assert first.startswith("positive  (")
    assert first.endswith(")  The whole plot is SUPERB")
    assert lines[0].split()[0] == "positive"
    assert lines[1].split()[0] == "negative"
    assert lines[2].strip().startswith("attended to: ")
    assert "superb" in lines[2]


@pytest.mark.parametrize(
    "text", ['it\'s $5 = "quoted"', "größer 好 🙂", "-5 stars", "two\nlines", "x" * 5000, " "]
)
def test_predict_takes_any_text(stage, trained, text):
    assert predict(stage, f"INPUT={text}").partition("  ")[2].partition("  ")[2].startswith(text)


def piped(text):
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")


def test_predict_answers_each_line_of_standard_input(stage, trained, monkeypatch):
    lines = "this cast is lovely\n\n  that ending is tedious  \nthe whole music is funny"
    monkeypatch.setattr(sys, "stdin", piped(lines))
    answers = [line for line in predict(stage).splitlines() if not line.startswith("  ")]
    assert [(line.split()[0], line.rpartition("  ")[2]) for line in answers] == [
        ("positive", "this cast is lovely"),
        ("negative", "that ending is tedious"),
        ("positive", "the whole music is funny"),
    ]


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.mark.parametrize("stdin", [piped(""), piped("\n \n"), Terminal(io.BytesIO())])
def test_predict_of_nothing_says_what_to_do(stage, trained, monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    code, out, err = stage("predict", "TASK=sentiment", "VERSION=1")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert "INPUT=" in line


def test_predict_of_what_is_no_text_is_no_traceback(trained, root):
    """Bytes that are not UTF-8, as another program's files have them."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "predict", "TASK=sentiment", "VERSION=1"],
        cwd=PROJECT,
        env=os.environ | {"UNROLLED_ROOT": str(root)},
        input="ein schöner film is superb\nthe plot is dull\n".encode("latin-1"),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    answers = [line for line in done.stdout.decode().splitlines() if not line.startswith("  ")]
    assert answers[0].endswith("ein sch\ufffdner film is superb")
    assert answers[1].startswith("negative")
