import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from models.ids import END
from models.outputs.tokens import Tokens
from models.outputs.transcript import Transcript
from pipelines import tasks
from pipelines.config import resolve
from pipelines.errors import UserError
from pipelines.features import transcripts
from pipelines.waves import wav


def settings(**changes):
    task = tasks.get("speech")
    return resolve(task.name, task.mode, task.defaults, changes, input=task.input)


def columns(count=6, width=3):
    random = np.random.default_rng(0)
    features = np.empty(count, object)
    features[:] = [random.normal(2, 4, (4 + i, width)).astype(np.float32) for i in range(count)]
    return {
        "features": features,
        "lengths": np.array([len(each) for each in features], np.int32),
        "target": np.array(["1 2", "2 2 1"] * (count // 2), object),
    }


def examples(train):
    return SimpleNamespace(splits={"train": train}, provenance=SimpleNamespace(name="mine"))


def batch(train, rows):
    longest = max(len(train["features"][row]) for row in rows)
    padded = np.zeros((len(rows), longest, 3), np.float32)
    for into, row in zip(padded, rows, strict=True):
        into[: len(train["features"][row])] = train["features"][row]
    return {"features": tf.constant(padded), "lengths": tf.constant(train["lengths"][rows])}


def test_ctc_spells_symbols_and_a_decoder_ends():
    train = columns()
    spelled = transcripts.fit(examples(train), settings())
    written = transcripts.fit(examples(train), settings(head="tokens", attention="additive"))
    assert isinstance(spelled.outputs, Transcript) and isinstance(written.outputs, Tokens)
    targets, weights = spelled.targets(train)
    assert targets.lengths.tolist() == [2, 3] * 3 and weights.tolist() == [1.0] * 6
    ended, _ = written.targets(train)
    assert ended.lengths.tolist() == [3, 4] * 3
    assert (ended.values[np.cumsum(ended.lengths) - 1] == END).all()
    # Only a decoder can be told the truth before each step.
    assert not hasattr(spelled, "target_signature")
    assert list(written.target_signature()) == ["target"]


def test_inputs_are_scaled_and_keep_their_lengths():
    train = columns()
    road = transcripts.fit(examples(train), settings(max_length=7))
    found = road.encode(batch(train, [0, 5]))
    assert found["lengths"].numpy().tolist() == [4, 7]
    assert found["features"].row_lengths().numpy().tolist() == [4, 7]
    values = np.concatenate(train["features"])
    first = (train["features"][0] - values.mean(axis=0)) / values.std(axis=0)
    np.testing.assert_allclose(found["features"][0].numpy(), first, rtol=1e-4, atol=1e-5)


def test_saved_and_loaded_it_is_the_same_road(tmp_path):
    train = columns()
    road = transcripts.fit(examples(train), settings())
    road.save(tmp_path)
    again = transcripts.load(tmp_path, settings())
    raw = batch(train, [1, 2])
    assert np.array_equal(
        road.encode(raw)["features"].values.numpy(), again.encode(raw)["features"].values.numpy()
    )
    assert again.targets(train)[0].values.tolist() == road.targets(train)[0].values.tolist()


def test_recordings_saved_and_loaded(tmp_path):
    random = np.random.default_rng(0)
    audio = [wav(random.normal(0, 999, 2000).astype(np.int16), 8000) for _ in range(4)]
    train = {"audio": np.array(audio, object), "target": np.array(["1", "2"] * 2, object)}
    road = transcripts.fit(examples(train), settings())
    road.save(tmp_path)
    assert json.loads((tmp_path / "frames.json").read_text())["rate"] == 8000
    again = transcripts.load(tmp_path, settings())
    assert list(again.signature()) == ["audio"]
    raw = {"audio": tf.constant(audio)}
    assert np.array_equal(
        road.encode(raw)["features"].values.numpy(), again.encode(raw)["features"].values.numpy()
    )


def test_ctc_answers_in_words_and_by_step():
    train = columns()
    road = transcripts.fit(examples(train), settings())
    one, two = road.symbols.encode(tf.constant(["1 2"]))[0].numpy()
    logits = np.full((2, 5, road.symbols.size), -9.0, np.float32)
    for step, token in enumerate([one, one, 0, two, two]):
        logits[:, step, token] = 9.0
    answers = {
        "logits": tf.constant(logits),
        "tokens": tf.constant([[one, two], [one, 0]]),
        "lengths": tf.constant([2, 1]),
        "scores": tf.constant([-0.1, -0.2]),
    }
    found = road.decode(answers, batch(train, [1, 0]))  # of 5 and of 4 steps
    assert found["output"].numpy().tolist() == [b"1 2", b"1"]
    assert found["step_symbols"].numpy().tolist() == [
        [b"1", b"1", b"", b"2", b"2"],
        [b"1", b"1", b"", b"2", b""],
    ]
    assert found["step_scores"].numpy()[1, 4] == 0.0
    assert (found["step_scores"].numpy()[0] > 0.9).all()


def test_a_piece_of_a_recording_has_steps_alone():
    train = columns()
    road = transcripts.fit(examples(train), settings(bidirectional=False))
    found = road.decode({"logits": tf.zeros([1, 4, road.symbols.size])}, batch(train, [0]))
    assert set(found) == {"step_symbols", "step_scores"}


def test_what_is_likeliest_after_true_symbols_is_text_without_the_end():
    road = transcripts.fit(examples(columns()), settings(head="tokens", attention="dot"))
    one, two = road.symbols.encode(tf.constant(["1 2"]))[0].numpy()
    best = tf.constant([[one, two, END], [two, END, 0]])
    found = road.decode_score({"best": best, "loss": tf.zeros([2])}, {})
    assert found["output"].numpy().tolist() == [b"1 2", b"2"]
    assert set(found) == {"output", "loss"}


def test_data_without_anything_to_hear_are_refused():
    train = {"target": np.array(["1"], object)}
    with pytest.raises(UserError, match="neither recordings"):
        transcripts.fit(examples(train), settings())
