import numpy as np
import pytest

from pipelines import tasks
from pipelines.errors import UserError
from pipelines.waves import wav


@pytest.fixture
def problem():
    return tasks.get("speech").problem


def texts(*values):
    return np.array([value.encode() for value in values], object)


def columns(*targets, speakers=()):
    found = {"target": np.array(targets, object)}
    return found | ({"speaker": np.array(speakers, object)} if speakers else {})


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


def test_error_rates_figure_and_mistakes(problem):
    found = problem.evaluate(spelled("3 1 4", "2 7", ""), columns("3 1 4", "2 2 7", "5"), (), {})
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


def test_speakers_are_told_apart(problem):
    outputs = spelled("1", "2", "3", "9")
    found = problem.evaluate(
        outputs, columns("1", "2", "3", "4", speakers=("anna", "anna", "bert", "bert")), (), {}
    )
    assert found.metrics["worst_speaker_digit_error_rate"] == 0.5
    assert "| anna | 2 | 0.0000 | 0.0000 |" in found.texts["speakers.md"]
    assert "| bert | 2 | 0.5000 | 0.5000 |" in found.texts["speakers.md"]


def test_a_decoder_is_also_judged_after_true_symbols(problem):
    outputs = {
        "output": texts("3 9 9", "2"),
        "score": np.zeros(2),
        "output_tokens": np.array([[b"3", b"9", b"9"], [b"2", b"", b""]], object),
        "attention": np.random.default_rng(0).random((2, 3, 5)).astype(np.float32),
        "score_output": texts("3 9 4", "2"),
        "score_loss": np.array([0.5, 0.25], np.float32),
        "score_size": np.array([4.0, 2.0], np.float32),
    }
    found = problem.evaluate(outputs, columns("3 1 4", "2"), (), {})
    assert found.metrics["digit_error_rate"] == pytest.approx(2 / 4)
    assert found.metrics["teacher_forced_digit_error_rate"] == pytest.approx(1 / 4)
    assert found.metrics["exposure_bias_gap_digit_error_rate"] == pytest.approx(1 / 4)
    assert found.metrics["token_loss"] == pytest.approx((0.5 * 4 + 0.25 * 2) / 6)
    assert set(found.figures) == {"attention.png"}


def test_what_a_person_reads(problem):
    said = problem.show({}, {name: value[:1] for name, value in spelled("3 1").items()})
    assert said.startswith("3 1  (log-probability 0.00)")
    assert "3  at steps 1-1  90%" in said and "1  at steps 2-2  90%" in said
    assert problem.show({}, {name: v[:1] for name, v in spelled("").items()}).startswith(
        "(nothing)"
    )


def test_a_request_is_the_bytes_of_a_recording_or_an_array(problem, tmp_path):
    content = wav(np.ones(50, np.int16), 8000)
    (tmp_path / "a.wav").write_bytes(content)
    assert problem.request(str(tmp_path / "a.wav")) == {"audio": content}
    np.save(tmp_path / "a.npy", np.ones((5, 13)))
    found = problem.request(str(tmp_path / "a.npy"))
    assert found["features"].shape == (5, 13) and found["lengths"] == 5


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.wav", None, "no file"),
        ("a.mp3", b"ID3", "no WAV file"),
        ("a.npy", b"ID3", "no NumPy file"),
    ],
)
def test_requests_that_are_none(problem, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        problem.request(str(tmp_path / name))
    assert "\n" not in str(caught.value)
