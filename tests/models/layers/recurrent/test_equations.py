"""Each cell against its equations in NumPy, and the gradient against finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.layers.recurrent import pairs

CELLS = ("SimpleRNN", "LSTM", "GRU")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def simple_rnn(x, state, kernel, recurrent, bias):
    return [np.tanh(x @ kernel + state[0] @ recurrent + bias)]


def lstm(x, state, kernel, recurrent, bias):
    hidden, carry = state
    i, f, g, o = np.split(x @ kernel + hidden @ recurrent + bias, 4, axis=1)
    carry = sigmoid(f) * carry + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(carry), carry]


def gru(x, state, kernel, recurrent, bias):
    (hidden,) = state
    x_u, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=1)
    a_u, a_r, a_g = np.split(hidden @ recurrent + bias[1], 3, axis=1)
    update = sigmoid(x_u + a_u)
    return [update * hidden + (1 - update) * np.tanh(x_g + sigmoid(x_r + a_r) * a_g)]


STEPS = {"SimpleRNN": simple_rnn, "LSTM": lstm, "GRU": gru}


def loss(cell, x, mask, weights, state):
    """The sum of sines of all hidden states, in float64."""
    total = 0.0
    for time in range(x.shape[1]):
        after = STEPS[cell](x[:, time], state, *weights)
        real = mask[:, time, None]
        state = [np.where(real, new, old) for new, old in zip(after, state, strict=True)]
        total += np.sin(state[0]).sum()
    return total


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_is_the_slope(cell):
    ours = pairs.pair(cell, return_sequences=True)[1]
    x, mask, start = pairs.sequences(), pairs.masks()["left"], pairs.states(cell)
    mask[:, 0] = True  # so that the states start at once, as in the equations
    sources = [tf.constant(x), *map(tf.constant, start)]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        value = tf.reduce_sum(tf.sin(ours(sources[0], initial_state=sources[1:], mask=mask)))
    watched = [v.value for v in ours.trainable_variables] + sources
    gradients = tape.gradient(value, watched)

    numbers = [np.asarray(v, np.float64) for v in watched]

    def at(values):
        return loss(cell, values[3], mask, values[:3], values[4:])

    np.testing.assert_allclose(value, at(numbers), rtol=1e-5)
    random = np.random.default_rng(5)
    for place, gradient in enumerate(gradients):
        direction = random.normal(size=numbers[place].shape)
        moved = [
            at([v + s * 1e-5 * direction if k == place else v for k, v in enumerate(numbers)])
            for s in (-1, 1)
        ]
        slope = (moved[1] - moved[0]) / 2e-5
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=2e-4, atol=2e-4)
