"""The compiled maximum over the real steps against numpy."""

import numpy as np
import pytest
import tensorflow as tf

from models.layers.fast import fits
from models.layers.fast.pooling import highest
from models.layers.recurrent import plain

LENGTHS = np.array([5, 0, 1, 3])
TIME, FEATURES = 5, 37
WHERE = np.arange(TIME) < LENGTHS[:, None]


def drawn():
    random = np.random.default_rng(0)
    return random.normal(size=(len(LENGTHS), TIME, FEATURES)).astype(np.float32) - 3


@pytest.mark.parametrize("traced", [False, True])
def test_the_highest_of_the_real_steps_and_its_gradient(traced):
    states, weights = drawn(), np.random.default_rng(1).normal(size=(4, FEATURES))

    def run(states):
        with tf.GradientTape() as tape:
            tape.watch(states)
            found = highest(states, tf.constant(WHERE))
            total = tf.reduce_sum(found * weights.astype(np.float32))
        return found, tape.gradient(total, states)

    found, gradient = (tf.function(run) if traced else run)(tf.constant(states))
    expected = np.zeros_like(states)
    for row, length in enumerate(LENGTHS):
        if not length:
            assert (found[row].numpy() == 0).all()
            continue
        np.testing.assert_array_equal(found[row], states[row, :length].max(0))
        places = states[row, :length].argmax(0)
        expected[row, places, np.arange(FEATURES)] = weights[row]
    np.testing.assert_allclose(gradient, expected)


def test_of_equals_the_first_has_all_of_the_gradient():
    states = tf.zeros([1, 4, 2])
    with tf.GradientTape() as tape:
        tape.watch(states)
        found = highest(states, tf.ones([1, 4], bool))
    np.testing.assert_array_equal(tape.gradient(found, states)[0], [[1, 1], [0, 0], [0, 0], [0, 0]])


@pytest.mark.parametrize("step", range(3))
def test_a_nan_at_a_real_step_comes_through_and_one_at_padding_does_not(step):
    states = drawn()
    states[3, step, 2] = states[3, 4, 3] = states[0, 4, 0] = np.nan
    found = highest(tf.constant(states), tf.constant(WHERE)).numpy()
    assert [tuple(place) for place in np.argwhere(np.isnan(found))] == [(0, 0), (3, 2)]


def test_exports_and_other_types_are_left_to_the_graph():
    assert fits(tf.zeros([1, 1, 1]))
    assert not fits(tf.zeros([1, 1, 1], tf.float16))
    with plain():
        assert not fits(tf.zeros([1, 1, 1]))
