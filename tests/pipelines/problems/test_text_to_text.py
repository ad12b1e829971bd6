"""Text to text, from a file of pairs to an answer with its alignment."""

import contextlib
import csv
import io
import itertools

import numpy as np
import pytest

from pipelines import cli, tasks
from pipelines.exporting import versions
from pipelines.exporting.loaded import Loaded
from pipelines.problems.text_to_text_report import report, shown

_SPOKEN = ["AE", "B", "D", "EH", "G", "IH", "K", "L", "M", "N", "AO", "P", "R", "S", "T", "UH"]
PHONES = dict(zip("abdegiklmnoprstu", _SPOKEN, strict=True))
TINY = (
    *("CELL=gru", "BIDIRECTIONAL=0", "UNITS=32", "EMBEDDING_DIM=16", "BATCH_SIZE=32"),
    *(
        "EPOCHS=20",
        "PATIENCE=20",
        "BUCKETS=1",
        "DROPOUT=0",
        "EMA=0",
        "MAX_TOKENS=8",
        "LEARNING_RATE=0.02",
    ),
)


@pytest.fixture(scope="module")
def trained(session_root):
    """What training on words that are spoken letter by letter says, and the export's folder."""
    words = ["".join(word) for word in itertools.product("bdgklmnprst", "aeiou", "bdgklmnprst")]
    file = session_root / "words.csv"
    with file.open("w", newline="") as handle:
        rows = [(word, " ".join(PHONES[letter] for letter in word)) for word in words]
        csv.writer(handle).writerows([("word", "pronunciation"), *rows])
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("UNROLLED_ROOT", str(session_root))
        assert cli.main(["train", "TASK=pronounce", f"DATA={file}", *TINY]) == 0
        folder = versions.get("pronounce").folder
    return said.getvalue(), folder


def test_training_reports_both_ways_of_running_beside_the_baseline(trained):
    said, _ = trained
    for part in (
        "word_error_rate",
        "phone_error_rate",
        "teacher_forced_word_error_rate",
        "exposure_bias_gap_word_error_rate",
        "letters",
        "tokens of a target",
    ):
        assert part in said


def test_the_export_speaks_and_scores(trained):
    _, folder = trained
    loaded = Loaded(folder)
    answer = loaded.answer({"text": ["kat", "g"]})
    assert answer["output"][0] == b"K AE T"
    weights = answer["attention"][0].sum(axis=-1)
    np.testing.assert_allclose(weights, 1, rtol=1e-5)
    right, wrong = (
        loaded.answer({"text": ["kat"], "target": [target]}, "score")["loss"][0]
        for target in ("K AE T", "M UH S")
    )
    assert right < wrong


def test_evaluate_and_predict_read_the_export(trained, root, capsys):
    assert cli.main(["evaluate", "TASK=pronounce"]) == 0
    assert "# What was written" in capsys.readouterr().out
    assert cli.main(["predict", "TASK=pronounce", "INPUT=mod"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("M AO D  (log-probability") and "M   from  m" in said


def columns():
    return {
        "text": np.array(["read", "cat", "read"], object),
        "target": np.array(["R EH D", "K AE T", "R IY D"], object),
    }


def texts(*written):
    return np.array([text.encode() for text in written], object)


def test_an_input_with_two_right_answers_counts_once():
    outputs = {"output": texts("R IY D", "K AO T", "R IY D")}
    metrics = report("pronunciation", outputs, columns(), {}).metrics
    assert metrics["word_error_rate"] == pytest.approx(1 / 2)


def test_the_gap_is_what_reading_its_own_tokens_costs():
    outputs = {
        "output": texts("R IY D", "K", "R IY D"),
        "score_output": texts("R IY D", "K AE T", "R IY D"),
        "score_loss": np.array([0.5, 1.0, 0.5]),
        "score_size": np.array([4.0, 4.0, 4.0]),
    }
    evaluation = report("pronunciation", outputs, columns(), {"none": {"output": texts(*"abc")}})
    metrics = evaluation.metrics
    assert metrics["teacher_forced_word_error_rate"] == 0
    assert metrics["exposure_bias_gap_word_error_rate"] == pytest.approx(1 / 2)
    assert metrics["token_perplexity"] == pytest.approx(np.exp(2 / 3))
    assert evaluation.baselines["none"]["word_error_rate"] == 1
    assert "read:    cat" in evaluation.texts["examples.md"]


def test_an_answer_without_attention_is_shown_too():
    assert shown({"output": texts("R EH D"), "score": np.array([-1.0])}).startswith("R EH D")


def test_the_task_says_what_it_reads():
    names = {column.name: column.kind for column in tasks.get("pronounce").problem.columns}
    assert names == {"text": "text", "target": "target"}
