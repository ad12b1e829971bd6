import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import build
from models.export import signatures as serving
from models.export.preprocessing import Encoded
from models.inputs.tokens import TokenInput
from models.outputs.classes import Classes
from models.spec import ModelSpec

ALONE = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
function = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
asked = json.loads(sys.argv[2])
answer = function(
    text=tf.constant([t.encode() for t in asked["text"]]),
    shift=tf.constant(asked["shift"], tf.float64),
)
signature = {name: [spec.dtype.name, spec.shape.as_list()]
             for name, spec in function.structured_input_signature[1].items()}
outputs = {name: spec.dtype.name for name, spec in function.structured_outputs.items()}
values = {name: value.numpy().tolist() for name, value in answer.items() if name != "said"}
said = [t.decode() for t in answer["said"].numpy()]
print(json.dumps([signature, outputs, values, said]))
"""


@dataclass(frozen=True)
class Shifted(Encoded):
    """What an input encoded, and what its output wants to know of it beside."""

    shift: Any = None


class Letters(tf.Module):
    """Letters -> ids by a table; a second raw input, and names that are not alphabetical."""

    def __init__(self, named):
        super().__init__()
        self.named = named
        self.encoded = 0
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["a", "b", "c"], tf.constant([2, 3, 4])), 1
        )

    @property
    def input(self):
        return self

    @property
    def output(self):
        return self

    def signature(self):
        return {
            "text": tf.TensorSpec([None], tf.string, name="text" if self.named else None),
            "shift": tf.TensorSpec([None], tf.float64, name="shift" if self.named else None),
        }

    def encode(self, raw):
        self.encoded += 1
        letters = tf.strings.unicode_split(raw["text"], "UTF-8")
        tokens = tf.ragged.map_flat_values(self.table.lookup, letters)
        return Shifted({"tokens": tokens}, letters, tf.cast(raw["shift"], tf.float32))

    def decode(self, answers, encoded):
        return {
            "shifted": answers["logits"] + encoded.shift[:, None],
            "attention": answers["attention"],
            "said": tf.strings.upper(tf.strings.reduce_join(encoded.names, axis=1)),
        }

    def target_signature(self):
        return {"right": tf.TensorSpec([None], tf.string)}

    def encode_targets(self, raw, encoded):
        letters = tf.strings.unicode_split(raw["right"], "UTF-8")
        return tf.ragged.map_flat_values(self.table.lookup, letters)

    def decode_score(self, score):
        return score


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    spec = ModelSpec(attention="dot", units=4, embedding_dim=3, dropout=0.5, token_dropout=0.5)
    return build(spec, TokenInput(5), Classes(2))


@pytest.fixture(scope="module")
def answer(model):
    return lambda inputs: model(inputs, training=False)


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_an_export_takes_and_gives_what_its_preprocessing_says(model, answer, named, tmp_path):
    serving.write(model, answer, Letters(named), tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1")).signatures["serving_default"]
    taken = loaded.structured_input_signature[1]
    assert {name: spec.dtype for name, spec in taken.items()} == {
        "text": tf.string,
        "shift": tf.float64,
    }
    assert all(spec.shape.as_list() == [None] for spec in taken.values())
    given = {name: spec.dtype for name, spec in loaded.structured_outputs.items()}
    assert given == {"shifted": tf.float32, "attention": tf.float32, "said": tf.string}


def test_an_export_answers_in_a_fresh_process_as_the_model_does(model, answer, tmp_path):
    serving.write(model, answer, Letters(True), tmp_path / "1")
    asked = {"text": ["abca", "z", "cé"], "shift": [0.0, 10.0, -1.0]}
    command = [sys.executable, "-c", ALONE, str(tmp_path / "1"), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    signature, outputs, values, said = json.loads(done.stdout.splitlines()[-1])
    assert signature == {"text": ["string", [None]], "shift": ["float64", [None]]}
    assert outputs == {"shifted": "float32", "attention": "float32", "said": "string"}
    tokens = np.array([[2, 3, 4, 2], [1, 0, 0, 0], [4, 1, 0, 0]], np.int32)
    expected = model({"tokens": tokens}, training=False)
    logits = np.asarray(expected["logits"]) + np.array(asked["shift"])[:, None]
    np.testing.assert_allclose(values["shifted"], logits, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(values["attention"], expected["attention"], rtol=1e-6, atol=1e-6)
    # TensorFlow's upper without an encoding knows ASCII alone: é stays.
    assert said == ["ABCA", "Z", "Cé"]


def test_the_same_in_this_process(model, answer):
    given = tf.constant(["ab"]), tf.constant([1.0], tf.float64)
    found = serving.raw_function(answer, Letters(True))(*given)
    expected = np.asarray(model({"tokens": np.array([[2, 3]])})["logits"]) + 1
    np.testing.assert_allclose(found["shifted"], expected, rtol=1e-6)


def test_each_signature_encodes_once_and_decodes_what_was_encoded(model, answer, tmp_path):
    letters = Letters(True)

    def score(inputs, targets):
        return {"loss": tf.reduce_sum(tf.cast(targets - inputs["tokens"], tf.float32), axis=1)}

    made = serving.write(model, answer, letters, tmp_path / "1", score=score)
    assert letters.encoded == len(made) == 2
    assert made == {"serving_default": ("shifted", "attention", "said"), "score": ("loss",)}
    rate = tf.saved_model.load(str(tmp_path / "1")).signatures["score"]
    found = rate(
        text=tf.constant(["ab", "c"]),
        shift=tf.constant([0.0, 0.0], tf.float64),
        right=tf.constant(["bc", "a"]),
    )
    assert found["loss"].numpy().tolist() == [2, -2]


def test_ragged_inputs_become_dense_ones_of_one_step_at_least():
    ragged = tf.ragged.constant([[], []], dtype=tf.int32)
    deep = tf.RaggedTensor.from_row_lengths(tf.ones([3, 2]), [1, 2])
    found = serving.dense({"tokens": ragged, "features": deep, "lengths": tf.constant([1, 2])})
    assert found["tokens"].numpy().tolist() == [[0], [0]]
    assert found["features"].numpy().tolist() == [[[1, 1], [0, 0]], [[1, 1], [1, 1]]]
    assert found["lengths"].numpy().tolist() == [1, 2]
