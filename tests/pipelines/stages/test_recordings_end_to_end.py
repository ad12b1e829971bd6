"""Recordings of a user's own, from the folder to the answer to one of them."""

import csv

import numpy as np
import pytest

from pipelines.data.waves import wav
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel
from tests.pipelines.stages.conftest import run_of

RATE = 8000
HERTZ = {"1": 500, "2": 1500}
TINY = (
    *("CELL=gru", "LAYERS=1", "UNITS=16", "DROPOUT=0", "EMA=0", "BATCH_SIZE=16", "BUCKETS=1"),
    *("LEARNING_RATE=0.02", "SCHEDULE=constant", "WARMUP=0", "EPOCHS=12", "PATIENCE=12"),
)


def tones(names, rate=RATE):
    """A tone of a fifth of a second for each name, and silence between."""
    time = np.arange(rate // 5) / rate
    parts = []
    for name in names:
        parts += [8000 * np.sin(2 * np.pi * HERTZ[name] * time), np.zeros(rate // 10)]
    return wav(np.concatenate(parts).astype(np.int16), rate)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder with 96 recordings of four speakers, and its manifest."""
    folder = tmp_path_factory.mktemp("tones")
    random = np.random.default_rng(0)
    rows = [("file", "text", "split", "speaker")]
    for i in range(96):
        names = random.choice(list(HERTZ), random.integers(1, 4)).tolist()
        # Louder by speaker, and in a way of its own, so that no two recordings are equal.
        content = np.frombuffer(tones(names)[44:], "<i2") * (0.2 + i % 4 / 10 + i / 1000)
        (folder / f"{i}.wav").write_bytes(wav(content.astype(np.int16), RATE))
        split = ("validation", "test")[i % 2] if i < 32 else "train"
        rows.append((f"{i}.wav", " ".join(names), split, f"speaker {i % 4}"))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


def test_from_the_folder_to_an_answer(stage, root, recordings, open_gate):
    code, said, error = stage("train", "TASK=speech", f"DATA={recordings}", *TINY)
    assert code == 0, error
    assert "digit_error_rate" in said and "worst_speaker_digit_error_rate" in said
    export = versions.get("speech")
    loaded = LoadedModel(export.folder)
    assert list(loaded.specs) == ["audio"] and not loaded.scores
    content = tones("12")
    answer = loaded.answer({"audio": [content]})
    metrics = run_of(export.card["run_id"]).data.metrics
    assert metrics["test/digit_error_rate"] < 0.1
    assert answer["output"][0] == b"1 2"
    heard = [name for name in answer["step_symbols"][0] if name]
    assert set(heard) == {b"1", b"2"}

    file = root / "mine.wav"
    file.write_bytes(content)
    code, said, error = stage("predict", "TASK=speech", f"INPUT={file}")
    assert code == 0 and said.startswith("1 2  (log-probability"), error

    file.write_bytes(tones("1", 16000))
    code, _, error = stage("predict", "TASK=speech", f"INPUT={file}")
    assert code == 2 and error.count("\n") == 1 and "8000 samples a second" in error

    np.save(root / "mine.npy", np.ones((9, 13), np.float32))
    code, _, error = stage("predict", "TASK=speech", f"INPUT={root / 'mine.npy'}")
    assert code == 2 and error.count("\n") == 1
    assert "provides steps and lengths" in error and "needs audio" in error

    code, said, error = stage("evaluate", "TASK=speech")
    assert code == 0, error
    assert "| speaker 1 | 8 |" in said or "| speaker 1 |" in said
