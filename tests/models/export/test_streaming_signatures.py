"""The signatures `start` and `step` of an export, for sequences that come in chunks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import build as networks
from models.export import signatures as serving
from models.export.preprocessing import Encoded
from models.ids import START
from models.inputs.tokens import TokenInput
from models.outputs.classes import Classes
from models.outputs.tokens import Tokens
from models.spec import ModelSpec
from models.spec.generation import Generation

VOCABULARY = 8
TEXTS = ["abcabca", "cab"]
CHUNKS = [["ab", "c"], ["cab", "ab"], ["", ""], ["ca", ""]]
SMALL = {"cell": "gru", "units": 4, "embedding_dim": 3, "dropout": 0.0}


class Letters(tf.Module):
    """Letters -> ids by a table; the answers as they are."""

    def __init__(self):
        super().__init__()
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["a", "b", "c"], tf.constant([4, 5, 6])), 1
        )

    @property
    def input(self):
        return self

    @property
    def output(self):
        return self

    def signature(self):
        return {"text": tf.TensorSpec([None], tf.string)}

    def encode(self, raw):
        letters = tf.strings.unicode_split(raw["text"], "UTF-8")
        return Encoded({"tokens": tf.ragged.map_flat_values(self.table.lookup, letters)})

    def encode_beginning(self, batch_size):
        return None

    def encode_chunk(self, raw):
        return self.encode(raw)

    def decode(self, answers, encoded):
        return dict(answers)


def exported(spec, outputs, folder, generation=None):
    beams = generation is not None
    keras.utils.set_random_seed(0)
    model = networks.build(spec, TokenInput(VOCABULARY), outputs)
    answer = networks.answer(spec, model, outputs, generation)
    streaming = networks.streaming(spec, model, outputs)
    serving.write(model, answer, Letters(), folder, streaming, beams)
    assert b"XlaMustCompile" not in (folder / "saved_model.pb").read_bytes()
    return model, tf.saved_model.load(str(folder))


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
def test_chunks_of_a_text_say_in_the_end_what_the_whole_says(pooling, tmp_path):
    spec = ModelSpec(pooling=pooling, **SMALL)
    _, loaded = exported(spec, Classes(3), tmp_path / "1")
    start, step = loaded.signatures["start"], loaded.signatures["step"]
    states = start(batch_size=tf.constant(2))
    for chunk in CHUNKS:
        found = step(text=tf.constant(chunk), **states)
        states = {name: found[name] for name in states}
    whole = loaded.signatures["serving_default"](text=tf.constant(TEXTS))
    np.testing.assert_allclose(found["logits"], whole["logits"], rtol=1e-5, atol=1e-6)


def test_a_decoder_is_asked_token_by_token(tmp_path):
    spec = ModelSpec.of("encoder_decoder", attention="additive", bidirectional=True, **SMALL)
    model, loaded = exported(spec, Tokens(VOCABULARY), tmp_path / "1")
    start, step = loaded.signatures["start"], loaded.signatures["step"]
    previous = np.array([[START, 4, 6], [START, 5, 5]], np.int32)
    tokens = tf.constant([[4, 5, 6, 4, 5, 6, 4], [6, 4, 5, 0, 0, 0, 0]])
    expected = model({"tokens": tokens, "previous": tf.constant(previous)})
    states = start(text=tf.constant(TEXTS))
    for time in range(3):
        found = step(previous=tf.constant(previous[:, time : time + 1]), **states)
        states = {name: found[name] for name in states}
        for name in ("logits", "attention"):
            want = expected[name][:, time]
            np.testing.assert_allclose(found[name][:, 0], want, rtol=1e-5, atol=1e-6)


def test_a_client_chooses_the_width_of_the_beam(tmp_path):
    spec = ModelSpec.of("encoder_decoder", attention="dot", **SMALL)
    generation = Generation(strategy="beam", beam_width=3, max_tokens=4)
    _, loaded = exported(spec, Tokens(VOCABULARY), tmp_path / "1", generation)
    ask, usual = (
        loaded.signatures["beam"],
        loaded.signatures["serving_default"](text=tf.constant(TEXTS)),
    )
    scores = []
    for width in (1, 3):
        found = ask(text=tf.constant(TEXTS), beam_width=tf.constant(width))
        scores.append(found["scores"].numpy())
    np.testing.assert_array_equal(found["tokens"], usual["tokens"])
    np.testing.assert_allclose(found["scores"], usual["scores"], rtol=1e-5)
    assert (scores[1] >= scores[0] - 1e-6).all()
