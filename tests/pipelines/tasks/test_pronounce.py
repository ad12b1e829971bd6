"""Pronunciations, from a file of pairs to an answer with its alignment."""

import contextlib
import csv
import io
import itertools

import numpy as np
import pytest

from pipelines import cli
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel

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
        "tokens per target",
    ):
        assert part in said


def test_the_export_speaks_and_scores(trained):
    _, folder = trained
    loaded = LoadedModel(folder)
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
