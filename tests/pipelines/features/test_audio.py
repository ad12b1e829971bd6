import numpy as np
import pytest
import tensorflow as tf

from pipelines.features.audio import BINS, STACKED, LogMel
from pipelines.features.frames import GivenFrames, Scale
from pipelines.waves import samples_of, wav

RATE = 8000


def tone(hertz, seconds=0.5, loud=0.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    return wav((loud * 32767 * np.sin(2 * np.pi * hertz * time)).astype(np.int16), rate)


def encode(road, *audio):
    return road.encode({"audio": tf.constant(list(audio))})


def test_a_tone_is_loudest_in_its_band():
    both = np.concatenate([samples_of(tone(500)), samples_of(tone(2000))])
    steps = encode(LogMel(RATE), wav(both, RATE))[0].numpy()
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
    found = encode(LogMel(RATE), loud, soft)
    np.testing.assert_allclose(found[0].numpy(), found[1].numpy(), atol=0.1)
    frames = tf.reshape(found[0], [-1, BINS]).numpy()
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-4)


@pytest.mark.parametrize("samples", [1, 239, 240, 241, 4000])
def test_a_step_is_thirty_milliseconds(samples):
    road = LogMel(RATE)
    found = encode(road, wav(np.ones(samples, np.int16), RATE))
    assert found.shape[1:] == (None, BINS * STACKED)
    assert found.row_lengths().numpy().tolist() == [road.steps(samples)] == [-(-samples // 240)]


def test_silence_and_nothing_at_all_are_finite():
    found = encode(
        LogMel(RATE), wav(np.zeros(999, np.int16), RATE), wav(np.zeros(0, np.int16), RATE)
    )
    assert np.isfinite(found.values.numpy()).all()
    assert found.row_lengths().numpy().tolist() == [5, 1]


def test_an_answer_does_not_depend_on_what_else_is_asked():
    road = LogMel(RATE)
    alone = encode(road, tone(440)).values.numpy()
    together = encode(road, tone(440), tone(880, 2.0))[0].numpy()
    assert np.array_equal(alone, together)


@pytest.mark.parametrize(
    ("content", "said"), [(tone(440, rate=16000), "8000 samples a second"), (b"RIFF", "too short")]
)
def test_the_graph_refuses_what_it_was_not_made_for(content, said):
    road = LogMel(RATE)
    graph = tf.function(lambda raw: road.encode(raw), input_signature=[road.signature()])
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        graph({"audio": tf.constant([content])})


def test_the_training_split_gets_unit_scale():
    random = np.random.default_rng(0)
    noise = [
        wav(random.normal(0, 10 ** (2 + i % 3), 4000).astype(np.int16), RATE) for i in range(9)
    ]
    road = LogMel.fit(np.array(noise, object))
    assert road.rate == RATE
    found = encode(road, *noise).values.numpy()
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-3)


def test_given_features_are_scaled_and_cut_at_their_lengths():
    random = np.random.default_rng(1)
    parts = [random.normal(5, 3, (n, 4)).astype(np.float32) for n in (6, 9)]
    road = GivenFrames.fit(np.array([*parts, None], object)[:2])
    assert road.width == 4
    padded = np.zeros((2, 9, 4), np.float32)
    for row, part in zip(padded, parts, strict=True):
        row[: len(part)] = part
    raw = {"features": tf.constant(padded), "lengths": tf.constant([6, 99])}
    found = road.encode(raw)
    assert found.row_lengths().numpy().tolist() == [6, 9]
    np.testing.assert_allclose(found.values.numpy().mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found.values.numpy().std(axis=0), 1, atol=1e-5)


def test_a_constant_feature_is_not_blown_up():
    scale = Scale.fit([np.full((5, 1), 7.0)])
    assert scale(tf.constant([[7.0]])).numpy() == pytest.approx(0.0)
    assert scale(tf.constant([[8.0]])).numpy() == pytest.approx(1.0)
