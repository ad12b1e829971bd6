"""The gate: a good export passes, and every kind of bad one is stopped."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.export import signatures as serving
from pipelines.data.preprocessing import Preprocessing
from pipelines.outputs.fitted.classes import FittedClasses
from pipelines.serving import parity
from pipelines.serving.export import Functions
from pipelines.serving.parity import ParityError

pytestmark = pytest.mark.slow

REPLAY = Path(parity.__file__).parent / "replay.py"


def answer_of(model):
    return lambda inputs: model(inputs, training=False)


def functions_of(parts, model=None, preprocessing=None):
    found = Functions.of(parts.config, parts.model, preprocessing or parts.preprocessing)
    return dataclasses.replace(found, answer=answer_of(model)) if model else found


def check(parts, folder, model=None, preprocessing=None):
    functions = functions_of(parts, model, preprocessing)
    test = parts.examples.splits["test"]
    asked = parity.requests(functions.parity_specs(), parts.task.example, test)
    return parity.check(folder, functions, asked)


def test_a_good_export_passes_with_requests_of_the_test_split(parts, trained):
    assert check(parts, trained.folder) == parity.EXAMPLES + 1


def test_other_weights_are_noticed(parts, trained):
    kernel = parts.model.get_layer("logits").kernel
    kernel.assign(kernel.numpy() + np.eye(*kernel.shape, dtype=np.float32) * 1e-3)
    with pytest.raises(ParityError, match=r"(scores|label): differs .*between export and training"):
        check(parts, trained.folder)


def test_padding_that_leaks_is_noticed(parts, tmp_path):
    """A mean over all steps, padding included: alone it is right, beside a longer text wrong."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    size = parts.preprocessing.inputs.vocabulary_size
    vectors = keras.layers.Embedding(size, 4, embeddings_initializer="normal")(tokens)
    mean = keras.layers.GlobalAveragePooling1D()(vectors)
    leaky = keras.Model({"tokens": tokens}, {"logits": keras.layers.Dense(2)(mean)})
    serving.write(leaky, answer_of(leaky), parts.preprocessing, tmp_path / "leaky")
    with pytest.raises(ParityError, match="alone and in a batch"):
        check(parts, tmp_path / "leaky", leaky)


class InPython(FittedClasses):
    """An output whose last step is a Python function, which no server has."""

    def decode(self, answers, encoded):
        answer = super().decode(answers, encoded)
        scores = tf.py_function(lambda value: value, [answer["scores"]], tf.float32)
        return {**answer, "scores": tf.ensure_shape(scores, [None, 2])}


def test_a_function_that_only_this_process_has_is_noticed(parts, tmp_path):
    output = InPython(("bad", "good"), parts.config, "", (1.0, 1.0))
    made = Preprocessing(parts.preprocessing.input, output)
    serving.write(parts.model, answer_of(parts.model), made, tmp_path / "python")
    with pytest.raises(ParityError, match="cannot be run"):
        check(parts, tmp_path / "python", preprocessing=made)


def test_what_cannot_be_loaded_is_noticed(parts, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParityError, match="cannot be run"):
        check(parts, tmp_path / "empty")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found | {"0/scores": found["0/scores"] + 2e-5}, "0/scores: differs by"),
        (lambda found: found | {"0/scores": found["0/scores"] * np.nan}, "0/scores: differs by"),
        (lambda found: found | {"1/label": np.array([b"other"])}, "1/label: differs"),
        (lambda found: found | {"2/scores": found["2/scores"][:, :1]}, "2/scores: shape"),
        (lambda found: {k: v for k, v in found.items() if k != "3/scores"}, "3/scores"),
        (lambda found: found | {"3/other": found["3/scores"]}, "3/other"),
    ],
    ids=["number", "nan", "text", "shape", "missing", "too many"],
)
def test_every_output_of_every_request_counts(parts, trained, monkeypatch, change, said):
    def replay(folder, signature, batches, libraries):
        return change(parity._direct(functions_of(parts), batches))

    monkeypatch.setattr(parity, "EXAMPLES", 3)
    monkeypatch.setattr(parity, "_replay", replay)
    with pytest.raises(ParityError, match=said):
        check(parts, trained.folder)


def test_rounding_is_no_difference(parts, trained, monkeypatch):
    def replay(folder, signature, batches, libraries):
        found = parity._direct(functions_of(parts), batches)
        return {k: v + 1e-6 if v.dtype == np.float32 else v for k, v in found.items()}

    monkeypatch.setattr(parity, "EXAMPLES", 3)
    monkeypatch.setattr(parity, "_replay", replay)
    assert check(parts, trained.folder) == 4


def test_requests_are_the_example_and_rows_at_even_steps(monkeypatch):
    monkeypatch.setattr(parity, "EXAMPLES", 3)
    specs = {"text": tf.TensorSpec([None], tf.string)}
    columns = {"text": np.array(list("abcde"), object), "label": np.arange(5)}
    found = parity.requests(specs, {"text": "mine"}, columns)
    assert [each["text"] for each in found] == ["mine", "a", "c", "e"]
    assert all(each.keys() == {"text"} for each in found)
    of_targets = specs | {"label": tf.TensorSpec([None], tf.int64)}
    found = parity.requests(of_targets, {"text": "mine"}, columns)  # it has no target
    assert [(each["text"], int(each["label"])) for each in found] == [("a", 0), ("c", 2), ("e", 4)]


def test_the_replay_has_neither_keras_nor_our_code():
    code = (
        "import runpy, sys\n"
        f"runpy.run_path({str(REPLAY)!r}, run_name='replay')\n"
        "for name in ('keras', 'models', 'models.spec', 'pipelines', 'pipelines.config'):\n"
        "    try:\n"
        "        __import__(name)\n"
        "    except ImportError:\n"
        "        continue\n"
        "    sys.exit(f'{name} can be imported')\n"
        "sys.exit(None if 'tensorflow' in sys.modules else 'no tensorflow')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
