"""Recordings, and features of them, as steps that a network reads."""

import json

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.waves import samples_of, wav
from pipelines.inputs.audio import Audio
from pipelines.inputs.fitted.audio import BINS, STACKED, LogMel
from pipelines.inputs.fitted.steps import FittedSteps
from pipelines.runtime.errors import UserError
from tests.given import assert_splits_are_as_in_graph, column, settings

RATE = 8000
LONGEST = 3000


def tone(hertz, seconds=0.5, loud=0.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    return wav((loud * 32767 * np.sin(2 * np.pi * hertz * time)).astype(np.int16), rate)


def noise(count, samples=4000):
    random = np.random.default_rng(0)
    return [
        wav(random.normal(0, 10 ** (2 + i % 3), samples).astype(np.int16), RATE)
        for i in range(count)
    ]


def encode(fitted, *audio):
    return fitted.encode({"audio": tf.constant(list(audio))}).inputs["features"]


def fit(*audio, **changes):
    return Audio().fit({"audio": column(*audio)}, settings("speech", **changes))


def test_a_tone_is_loudest_in_its_band():
    both = np.concatenate([samples_of(tone(500)), samples_of(tone(2000))])
    steps = encode(LogMel(RATE, LONGEST), wav(both, RATE))[0].numpy()
    loudest = steps.reshape(-1, BINS).argmax(axis=1)  # of each frame
    # Bands are at equal steps of the mel scale, 2595 log10(1 + f / 700), from 20 Hz to 4 kHz.
    mel = 2595 * np.log10(1 + np.array([20, 500, 2000, 4000]) / 700)
    places = (mel[1:3] - mel[0]) / (mel[3] - mel[0]) * (BINS + 1) - 1
    assert np.abs(loudest[3:45] - places[0]).max() < 1
    assert np.abs(loudest[55:95] - places[1]).max() < 1


def test_neither_loudness_nor_microphone_count():
    random = np.random.default_rng(0)
    # Noise that comes and goes; a microphone that differs adds a constant to each band.
    sound = random.normal(size=RATE) * np.repeat([0.1, 1.0] * 4, RATE // 8)
    loud, soft = (wav((sound * level).astype(np.int16), RATE) for level in (5000, 500))
    found = encode(LogMel(RATE, LONGEST), loud, soft)
    np.testing.assert_allclose(found[0].numpy(), found[1].numpy(), atol=0.1)
    frames = tf.reshape(found[0], [-1, BINS]).numpy()
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-4)


@pytest.mark.parametrize("samples", [1, 239, 240, 241, 4000])
def test_a_step_is_thirty_milliseconds(samples):
    fitted = LogMel(RATE, LONGEST)
    audio = wav(np.ones(samples, np.int16), RATE)
    found = encode(fitted, audio)
    assert fitted.measure({"audio": column(audio)}).lengths.tolist() == [-(-samples // 240)]
    assert found.shape[1:] == (None, BINS * STACKED)
    assert found.row_lengths().numpy().tolist() == [-(-samples // 240)]


def test_silence_and_nothing_at_all_are_finite():
    found = encode(
        LogMel(RATE, LONGEST), wav(np.zeros(999, np.int16), RATE), wav(np.zeros(0, np.int16), RATE)
    )
    assert np.isfinite(found.values.numpy()).all()
    assert found.row_lengths().numpy().tolist() == [5, 1]


def test_an_answer_does_not_depend_on_what_else_is_asked():
    fitted = LogMel(RATE, LONGEST)
    alone = encode(fitted, tone(440)).values.numpy()
    together = encode(fitted, tone(440), tone(880, 2.0))[0].numpy()
    assert np.array_equal(alone, together)


@pytest.mark.parametrize(
    ("content", "said"), [(tone(440, rate=16000), "8000 samples a second"), (b"RIFF", "too short")]
)
def test_the_graph_refuses_what_it_was_not_made_for(content, said):
    fitted = LogMel(RATE, LONGEST)
    graph = tf.function(lambda raw: fitted.encode(raw).inputs, input_signature=[fitted.signature()])
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        graph({"audio": tf.constant([content])})


def test_the_training_split_gets_unit_scale():
    fitted = fit(*noise(9))
    assert fitted.rate == RATE
    found = encode(fitted, *noise(9)).values.numpy()
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-3)


def test_a_long_recording_is_cut_and_measured_uncut():
    fitted = fit(*noise(2), max_length=3)
    raw = {"audio": tf.constant(noise(2))}
    found = fitted.encode(raw)
    assert found.inputs["features"].row_lengths().numpy().tolist() == [3, 3]
    assert found.inputs["lengths"].numpy().tolist() == [3, 3]
    assert found.names is None
    assert fitted.measure({"audio": column(*noise(2))}).lengths.tolist() == [17, 17]


@pytest.mark.parametrize("max_length", [3, 100])
def test_a_split_is_encoded_as_in_the_graph(max_length):
    some, other = noise(3), [tone(440, 0.1), tone(900, 0.7), wav(np.ones(1, np.int16), RATE)]
    fitted = fit(*some, max_length=max_length)
    assert_splits_are_as_in_graph(fitted, {"audio": column(*some)}, {"audio": column(*other)})


@pytest.mark.parametrize("max_length", [1, 2, 100])
def test_labels_of_frames_become_those_of_the_middle_of_steps(max_length):
    fitted = LogMel(RATE, max_length)
    for frames in range(1, 10):
        audio = wav(np.ones(frames * fitted.hop, np.int16), RATE)
        steps = int(encode(fitted, audio).row_lengths()[0])
        found = fitted.align(list(range(frames)))
        assert len(found) == steps
        assert found == [min(STACKED * at + 1, frames - 1) for at in range(steps)]


def test_recordings_are_saved_and_loaded(tmp_path):
    fitted = fit(*noise(4))
    fitted.save(tmp_path)
    assert json.loads((tmp_path / "frames.json").read_text())["rate"] == RATE
    again = Audio().load(tmp_path, settings("speech"))
    assert list(again.signature()) == ["audio"]
    assert again.network == fitted.network
    assert np.array_equal(encode(fitted, *noise(4)).values, encode(again, *noise(4)).values)


def features(count=4):
    random = np.random.default_rng(0)
    parts = [random.normal(2, 4, (4 + i, 3)).astype(np.float32) for i in range(count)]
    return {"steps": column(*parts), "lengths": np.arange(4, 4 + count, dtype=np.int32)}


def test_features_in_place_of_recordings_are_scaled_and_keep_their_lengths(tmp_path):
    given = features()
    fitted = Audio().fit(given, settings("speech", max_length=6))
    assert isinstance(fitted, FittedSteps)
    found = fitted.encode_split(given)
    assert found["lengths"].tolist() == found["features"].lengths.tolist() == [4, 5, 6, 6]
    values = np.concatenate(given["steps"])
    first = (given["steps"][0] - values.mean(axis=0)) / values.std(axis=0)
    np.testing.assert_allclose(found["features"].values[:4], first, rtol=1e-4, atol=1e-5)
    fitted.save(tmp_path)
    again = Audio().load(tmp_path, settings("speech", max_length=6))
    assert list(again.signature()) == ["steps", "lengths"]
    loaded = again.encode_split(given)
    np.testing.assert_array_equal(found["features"].values, loaded["features"].values)


def test_data_without_anything_to_hear_are_refused():
    with pytest.raises(UserError, match="neither recordings"):
        Audio().fit({"target": column("1")}, settings("speech"))


def test_a_request_is_the_bytes_of_a_recording_or_an_array(tmp_path):
    content = wav(np.ones(50, np.int16), RATE)
    (tmp_path / "a.wav").write_bytes(content)
    assert Audio().request(str(tmp_path / "a.wav")) == {"audio": content}
    np.save(tmp_path / "a.npy", np.ones((5, 13)))
    found = Audio().request(str(tmp_path / "a.npy"))
    assert found["steps"].shape == (5, 13) and found["lengths"] == 5


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.wav", None, "no file"),
        ("a.mp3", b"ID3", "not a WAV file"),
        ("a.npy", b"ID3", "not a NumPy file"),
    ],
)
def test_requests_that_are_none_are_refused_in_one_line(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        Audio().request(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_an_example_is_described_by_its_length():
    assert Audio().describe({"audio": column(tone(440, 1.5))}, 0) == "1.5 s of sound"
    assert Audio().describe(features(), 0) == "4 steps"
