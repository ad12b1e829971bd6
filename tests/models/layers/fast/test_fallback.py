"""Without the kernels each part is computed by its plain form, to the same numbers."""

import numpy as np
import pytest
import tensorflow as tf

from models.kernels import compiled
from models.spec import ModelSpec
from tests.models.modes import matrix

CASES = {
    "labels decided together": ModelSpec.of("many_to_many", head="crf", **matrix.SMALL),
    "the highest over the steps": ModelSpec.of("many_to_one", pooling="max", **matrix.SMALL),
    "input feeding, and a loss over a vocabulary": ModelSpec.of(
        "encoder_decoder", attention="dot", input_feeding=True, **matrix.SMALL
    ),
}


def learned(case):
    """Loss and gradients of a step of training."""
    model, targets = matrix.network(case), matrix.target(case)
    given = matrix.read(case) | case.outputs.teacher_inputs(targets)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(case.outputs.loss(model(given, training=True), targets))
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    return [loss, *map(tf.convert_to_tensor, gradients)]


@pytest.mark.parametrize("name", CASES)
def test_a_step_is_the_same_without_kernels(name, monkeypatch):
    case = matrix.Case(CASES[name])
    expected = learned(case)
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "obstacle", lambda: "numba is not installed")
        patch.setattr(compiled, "_load", lambda name: pytest.fail(f"{name} is loaded"))
        compiled.kernels.cache_clear()
        found = learned(case)
    compiled.kernels.cache_clear()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
