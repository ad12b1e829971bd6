"""Tags and values: several answers at once, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from models.outputs.tags import Tags
from models.outputs.values import Values

NAN = float("nan")


def floats(values):
    return tf.constant(values, tf.float32)


def test_tags_are_scored_one_by_one():
    logits = np.random.default_rng(0).normal(size=(5, 4)) * 3
    targets = np.random.default_rng(1).integers(0, 2, (5, 4))
    chance = 1 / (1 + np.exp(-logits))
    expected = -np.log(np.where(targets == 1, chance, 1 - chance)).mean(axis=1)
    answer = {"logits": floats(logits)}
    np.testing.assert_allclose(Tags(4).loss(answer, floats(targets)), expected, rtol=1e-5)
    found = Tags(4).metrics(answer, floats(targets))
    assert found.keys() == {"accuracy"}
    right = ((chance > 0.5) == (targets == 1)).mean(axis=1)
    assert right.min() < right.max()
    np.testing.assert_allclose(found["accuracy"], right)
    np.testing.assert_array_equal(Tags(4).size(floats(targets)), np.ones(5))


def test_a_network_that_is_sure_and_wrong_has_a_finite_loss():
    logits = tf.Variable([[1e4, -1e4]])
    with tf.GradientTape() as tape:
        loss = Tags(2).loss({"logits": logits}, floats([[0, 1]]))
    np.testing.assert_allclose(loss, [1e4])
    np.testing.assert_allclose(tape.gradient(loss, logits), [[0.5, -0.5]])


def test_a_missing_value_is_not_scored():
    answer = {"values": floats([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])}
    targets = floats([[2.0, 5.0, 3.0], [NAN, 5.0, 3.0], [NAN, NAN, NAN]])
    outputs = Values(3)
    np.testing.assert_allclose(outputs.size(targets), [3, 2, 0])
    np.testing.assert_allclose(outputs.loss(answer, targets), [10 / 3, 4.5, 0], rtol=1e-6)
    found = outputs.metrics(answer, targets)
    assert found.keys() == {"absolute_error", "squared_error"}
    np.testing.assert_allclose(found["absolute_error"], [4 / 3, 1.5, 0], rtol=1e-6)
    np.testing.assert_allclose(found["squared_error"], [10 / 3, 4.5, 0], rtol=1e-6)


def test_a_missing_value_has_no_gradient():
    values = tf.Variable([[1.0, 2.0], [1.0, 2.0]])
    with tf.GradientTape() as tape:
        loss = Values(2).loss({"values": values}, floats([[NAN, 5.0], [NAN, NAN]]))
    np.testing.assert_allclose(tape.gradient(loss, values), [[0, -6], [0, 0]])


@pytest.mark.parametrize(
    ("outputs", "head"), [(Tags(2), "tags"), (Values(2), "values")], ids=["tags", "values"]
)
def test_they_serve_their_head_and_read_no_targets(outputs, head):
    assert outputs.heads == (head,)
    assert outputs.teacher_inputs(floats([[0, 1]])) == {}
