"""What an evaluation of transcripts shows."""

import numpy as np
import pytest

from pipelines.inputs.audio import Audio
from pipelines.outputs.base import Reference
from pipelines.outputs.reports.transcript import report
from tests.given import column


def texts(*values):
    return np.array([value.encode() for value in values], object)


def reference(*targets, speakers=()):
    columns = {"target": column(*targets)}
    if speakers:
        return Reference(columns | {"speaker": column(*speakers)}, (), Audio(), "speaker")
    return Reference(columns, (), Audio())


def spelled(*outputs):
    """The outputs of a network with CTC whose steps say one symbol each, and then nothing."""
    count = max(len(each.split()) for each in outputs) + 1
    names = np.full((len(outputs), count), b"", object)
    for row, each in zip(names, outputs, strict=True):
        row[: len(each.split())] = texts(*each.split())
    return {
        "output": texts(*outputs),
        "score": np.zeros(len(outputs)),
        "step_symbols": names,
        "step_scores": np.full(names.shape, 0.9),
    }


def test_error_rates_figure_and_mistakes():
    found = report("digit", spelled("3 1 4", "2 7", ""), reference("3 1 4", "2 2 7", "5"))
    assert found.metrics == {
        "digit_error_rate": pytest.approx(2 / 7),
        "sentence_error_rate": pytest.approx(2 / 3),
        "substitution_error_rate": 0.0,
        "deletion_error_rate": pytest.approx(2 / 7),
        "insertion_error_rate": 0.0,
    }
    assert found.baselines == {}
    assert set(found.figures) == {"steps.png"}
    assert set(found.texts) == {"mistakes.md"}
    assert "| 2 | - | 1 |" in found.texts["mistakes.md"]
    assert "- said:    5\n  written: \n" in found.texts["mistakes.md"]


def test_speakers_are_told_apart():
    outputs = spelled("1", "2", "3", "9")
    found = report(
        "digit", outputs, reference("1", "2", "3", "4", speakers=("anna", "anna", "bert", "bert"))
    )
    assert found.metrics["worst_speaker_digit_error_rate"] == 0.5
    assert "| anna | 2 | 0.0000 | 0.0000 |" in found.texts["speakers.md"]
    assert "| bert | 2 | 0.5000 | 0.5000 |" in found.texts["speakers.md"]


def test_a_decoder_is_also_judged_after_true_symbols():
    outputs = {
        "output": texts("3 9 9", "2"),
        "score": np.zeros(2),
        "output_tokens": np.array([[b"3", b"9", b"9"], [b"2", b"", b""]], object),
        "attention": np.random.default_rng(0).random((2, 3, 5)).astype(np.float32),
        "score_output": texts("3 9 4", "2"),
        "score_loss": np.array([0.5, 0.25], np.float32),
        "score_size": np.array([4.0, 2.0], np.float32),
    }
    found = report("digit", outputs, reference("3 1 4", "2"))
    assert found.metrics["digit_error_rate"] == pytest.approx(2 / 4)
    assert found.metrics["teacher_forced_digit_error_rate"] == pytest.approx(1 / 4)
    assert found.metrics["exposure_bias_gap_digit_error_rate"] == pytest.approx(1 / 4)
    assert found.metrics["token_loss"] == pytest.approx((0.5 * 4 + 0.25 * 2) / 6)
    assert set(found.figures) == {"attention.png"}
