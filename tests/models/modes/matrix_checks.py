"""What must hold for every network that can be built; the files of the matrix say for which."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import build as networks
from models.export import signatures as serving
from tests.models.modes import matrix

TOGETHER = 40
"""Networks in one SavedModel: what saving and loading costs is paid once for them all."""

REPLAY = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
for name in ("keras", "models", "pipelines"):
    sys.modules[name] = None
import numpy as np, tensorflow as tf
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # each runs once
requests = np.load(sys.argv[2])
found = {}
for folder in json.loads(sys.argv[1]):
    loaded = tf.saved_model.load(folder)
    for name, function in loaded.signatures.items():
        specs = function.structured_input_signature[1]
        given = {key: tf.constant(requests[f"{name}/{key}"]) for key in specs}
        found.update({f"{name}/{key}": value.numpy() for key, value in function(**given).items()})
np.savez(sys.argv[3], **found)
"""


def answer_of(case):
    return networks.answer(case.spec, matrix.network(case), case.outputs, matrix.GENERATION)


def losses(case, model, rows=slice(None), width=None, training=False):
    targets = matrix.target(case, rows, width)
    given = matrix.read(case, rows, width) | case.outputs.teacher_inputs(targets)
    return case.outputs.loss(model(given, training=training), targets)


def test_one_step_changes_every_weight_by_a_finite_gradient(case):
    model = matrix.network(case)
    before = model.get_weights()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(losses(case, model, training=True))
    variables = model.trainable_variables
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in variables])]
    try:
        assert np.isfinite(float(loss))
        for variable, gradient in zip(variables, gradients, strict=True):
            assert np.isfinite(gradient).all(), variable.path
            assert np.abs(gradient).max() > 0, f"{variable.path} learns nothing"
        keras.optimizers.SGD(0.1).apply(gradients, variables)
        for variable, old in zip(variables, before, strict=True):
            assert np.any(np.asarray(variable) != old), variable.path
    finally:
        model.set_weights(before)


def test_padding_and_neighbours_change_nothing(case):
    model = matrix.network(case)
    together = losses(case, model, width=7)
    for row in range(3):
        alone = losses(case, model, slice(row, row + 1))
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-5, atol=1e-6)


def test_a_saved_network_is_the_same_network(case, tmp_path):
    model = matrix.network(case)
    model.save(tmp_path / "model.keras")
    again = networks.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(losses(case, again), losses(case, model))


def specs_of(case, inputs):
    def open_steps(name, shape):
        return [None, *shape[1:]] if name in ("tokens", *matrix.STEPS) else shape

    return {
        name: tf.TensorSpec([None, *open_steps(name, x.shape[1:])], x.dtype)
        for name, x in inputs.items()
    }


def save(cases, folder):
    """All in one SavedModel, a signature each; returns what they are asked."""
    signatures, requests = {}, {}
    for case in cases:
        inputs = matrix.read(case, width=6)
        answer, specs = answer_of(case), specs_of(case, inputs)
        signatures[case.name] = serving.signature(
            lambda *given, answer=answer, specs=specs: answer(dict(zip(specs, given, strict=True))),
            specs,
        )
        requests |= {f"{case.name}/{name}": x.numpy() for name, x in inputs.items()}
    serving.save(folder, signatures, [matrix.network(case) for case in cases])
    return requests


@pytest.fixture(scope="module")
def replayed(request):
    """What all exports answer in a process that has TensorFlow alone."""
    cases = request.module.CASES
    with tempfile.TemporaryDirectory() as scratch:
        requests, folders = {}, []
        for start in range(0, len(cases), TOGETHER):
            folders.append(Path(scratch) / str(start))
            requests |= save(cases[start : start + TOGETHER], folders[-1])
            assert b"XlaMustCompile" not in (folders[-1] / "saved_model.pb").read_bytes()
        files = [f"{scratch}/requests.npz", f"{scratch}/answers.npz"]
        np.savez(files[0], **requests)
        command = [sys.executable, "-I", "-c", REPLAY, json.dumps([*map(str, folders)]), *files]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        with np.load(files[1]) as answers:
            yield dict(answers)


def test_the_export_answers_in_a_fresh_process_as_the_network_does(case, replayed):
    found = answer_of(case)(matrix.read(case, width=6))
    own = {
        name.rpartition("/")[2]: x
        for name, x in replayed.items()
        if name.startswith(f"{case.name}/")
    }
    assert own.keys() == found.keys()
    for name, value in found.items():
        np.testing.assert_allclose(own[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
