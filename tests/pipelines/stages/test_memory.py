"""A whole `unrolled train` of a task whose raw input is steps of features."""

import json

import pytest

from pipelines import cli
from pipelines.serving import versions


def test_memory_is_trained_asked_and_measured_at_another_lag(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    words = ["CELL=simple_rnn", "LAG=8", "UNITS=8", "BATCH_SIZE=500", "EPOCHS=2"]
    assert cli.main(["train", "TASK=memory", *words]) == 0
    said = capsys.readouterr().out
    assert "Data card: adding, lag 8" in said
    assert "lag_16_squared_error" in said
    export = versions.get("memory")
    example = json.loads((export.folder / "assets.extra" / "example.json").read_text())
    assert set(example["instances"][0]) == {"steps", "lengths"}

    assert cli.main(["predict", "TASK=memory", "INPUT=[[0.3, 1], [0.9, 0], [0.5, 1]]"]) == 0
    value = float(capsys.readouterr().out.split()[0])
    assert value == pytest.approx(0.8, abs=0.8)

    assert cli.main(["evaluate", "TASK=memory", "LAG=20"]) == 0
    assert "lag_40_squared_error" in capsys.readouterr().out
