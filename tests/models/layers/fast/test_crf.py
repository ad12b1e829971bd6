"""The compiled recursions of a CRF against the same sums in the graph."""

import numpy as np
import pytest
import tensorflow as tf

from models.layers import crf
from models.layers.fast import crf as fast
from models.layers.fast import fits
from models.layers.recurrent import plain

LENGTHS = [7, 0, 1, 4, 2]
TIME = 7


def drawn(labels, seed=0):
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2.0, size=(len(LENGTHS), TIME, labels)).astype(np.float32)
    shape = (len(LENGTHS), labels + 2, labels)
    transitions = random.normal(scale=2.0, size=shape).astype(np.float32)
    tags = random.integers(0, labels, (len(LENGTHS), TIME)).astype(np.int32)
    where = np.arange(TIME) < np.array(LENGTHS)[:, None]
    return tf.constant(logits), tf.constant(transitions), tf.constant(tags), tf.constant(where)


def computed(logits, transitions, tags, where):
    """Log-likelihoods, gradients of their unequal sum, and the best labels with their scores."""
    with tf.GradientTape() as tape:
        tape.watch([logits, transitions])
        likely = crf.log_likelihood(logits, transitions, tags, where)
        total = tf.reduce_sum(likely * tf.range(1.0, len(LENGTHS) + 1))
    gradients = tape.gradient(total, [logits, transitions])
    return likely, *gradients, *crf.viterbi(logits, transitions, where)


@pytest.mark.parametrize("labels", [1, 2, 9, 40])
def test_kernels_give_what_the_graph_gives(labels):
    given = drawn(labels)
    assert fits(given[0])
    found = tf.function(computed)(*given)
    with plain():
        assert not fits(given[0])
        expected = computed(*given)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_padding_has_no_gradient_and_may_hold_anything():
    logits, transitions, tags, where = drawn(3)
    beyond = tf.where(where[:, :, None], logits, np.nan)
    with tf.GradientTape() as tape:
        tape.watch(beyond)
        likely = fast.log_likelihood(beyond, transitions, tf.where(where, tags, -1), where)
    np.testing.assert_array_equal(likely, fast.log_likelihood(logits, transitions, tags, where))
    assert (tape.gradient(likely, beyond).numpy()[~where.numpy()] == 0).all()


def test_a_nan_at_a_real_step_comes_through():
    logits, transitions, tags, where = drawn(3)
    broken = logits.numpy()
    broken[0, 3, 1] = np.nan
    likely = fast.log_likelihood(tf.constant(broken), transitions, tags, where).numpy()
    assert np.isnan(likely[0])
    assert np.isfinite(likely[1:]).all()


def test_other_types_are_left_to_the_graph():
    assert not fits(tf.zeros([1, 1, 1], tf.float64))
