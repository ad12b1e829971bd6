"""The loss over a vocabulary from the states of the scored tokens, beside the plain formula."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.ids import PADDING
from models.layers.fast.cross_entropy import CrossEntropy, cross_entropy
from models.layers.recurrent import plain
from models.layers.recurrent.workspace import Workspace
from models.outputs.next_token import NextToken
from models.outputs.tokens import Tokens
from models.outputs.vocabulary import (
    Logits,
    TiedEmbedding,
    projection_of,
    remember,
)

WORDS, WIDTH = 37, 5
HOW = CrossEntropy(Workspace())
TARGETS = tf.constant([[4, 36, 3, 0], [6, 3, 0, 0], [9, 4, 1, 3], [0, 0, 0, 0]])


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


STATES = normal(*TARGETS.shape, WIDTH, seed=1)


def made(kind):
    layer = {
        "dense": lambda: Logits(WORDS, dtype="float32"),
        "tied": lambda: TiedEmbedding(WORDS, WIDTH, reverse_dtype="float32"),
    }[kind]()
    layer.build(STATES.shape)
    layer.set_weights([normal(*w.shape, seed=i + 2) for i, w in enumerate(layer.get_weights())])
    return layer, ({"reverse": True} if kind == "tied" else {}) | {"training": True}


def rated(kind, outputs, states, plain):
    """Losses and metrics, and the gradients of states and weights of a weighted sum of losses."""
    layer, how = made(kind)
    weights = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(states)
        logits = layer(states, **how)
        answer = {"logits": tf.identity(logits) if plain else logits}
        assert (projection_of(answer["logits"]) is None) == plain
        losses = outputs.loss(answer, TARGETS)
        total = tf.reduce_sum(losses * [0.3, 2.0, 1.0, 5.0])
    metrics = outputs.metrics(answer, TARGETS)
    return losses, metrics, tape.gradient(total, [states, *weights])


OUTPUTS = [Tokens(WORDS), Tokens(WORDS, 0.1), NextToken(WORDS)]


@pytest.mark.parametrize("outputs", OUTPUTS, ids=["tokens", "smoothed", "next_token"])
@pytest.mark.parametrize("kind", ["dense", "tied"])
def test_losses_metrics_and_gradients_are_those_of_the_plain_formula(kind, outputs):
    losses, metrics, gradients = rated(kind, outputs, STATES, plain=False)
    wanted = rated(kind, outputs, STATES, plain=True)
    assert losses.dtype == tf.float32
    np.testing.assert_allclose(losses, wanted[0], rtol=1e-5)
    for name, value in wanted[1].items():
        np.testing.assert_allclose(metrics[name], value, rtol=1e-5)
    for found, gradient in zip(gradients, wanted[2], strict=True):
        np.testing.assert_allclose(found, gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("outputs", OUTPUTS, ids=["tokens", "smoothed", "next_token"])
def test_what_lies_at_padding_changes_nothing_and_has_no_gradient(outputs):
    real = tf.cast(TARGETS != PADDING, tf.float32)[:, :, None]
    other = STATES * real + 1e6 * (1 - real)
    found, wanted = (rated("dense", outputs, states, plain=False) for states in (other, STATES))
    for a, b in zip(tf.nest.flatten(found), tf.nest.flatten(wanted), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not tf.reduce_any((found[2][0] != 0) & (real == 0))


def test_of_equal_logits_the_first_is_the_likeliest():
    equal = tf.zeros([WORDS, WIDTH]), tf.zeros([WIDTH, WORDS]), tf.zeros([WORDS])
    _, right = cross_entropy(*equal, tf.range(WORDS), HOW)
    np.testing.assert_array_equal(right, np.arange(WORDS) == 0)


def test_a_state_that_is_no_number_shows():
    broken = tf.constant([[np.nan] * WIDTH, [0.0] * WIDTH])
    weights = normal(WIDTH, WORDS), tf.zeros([WORDS])
    losses, _ = cross_entropy(broken, *weights, tf.constant([4, 4]), HOW)
    assert np.isnan(losses).tolist() == [True, False]


def test_far_logits_neither_overflow_nor_vanish():
    bias = tf.constant([0.0] * (WORDS - 2) + [1e4, -1e4])
    none = tf.zeros([2, WIDTH]), tf.zeros([WIDTH, WORDS]), bias
    losses, right = cross_entropy(*none, tf.constant([WORDS - 2, WORDS - 1]), HOW)
    np.testing.assert_allclose(losses, [0, 2e4])
    np.testing.assert_array_equal(right, [1, 0])


def test_a_graph_runs_no_logits_that_nobody_needs():
    layer, ran = made("dense")[0], []

    @tf.function
    def loss(states):
        logits = layer(states, training=True)
        # Runs where the logits do: an operation that depends on them alone.
        seen = tf.numpy_function(lambda x: ran.append(1) or x, [logits], tf.float32, stateful=False)
        seen.set_shape(logits.shape)
        answer = {"logits": remember(seen, projection_of(logits))}
        return Tokens(WORDS).loss(answer, TARGETS), Tokens(WORDS).metrics(answer, TARGETS)

    losses, _ = loss(STATES)
    assert not ran
    np.testing.assert_allclose(
        losses, Tokens(WORDS).loss({"logits": layer(STATES, training=True)}, TARGETS)
    )


@pytest.mark.parametrize("kind", ["dense", "tied"])
def test_outside_of_training_nothing_is_remembered(kind):
    layer, how = made(kind)
    assert projection_of(layer(STATES, **how)) is not None
    assert projection_of(layer(STATES, **(how | {"training": False}))) is None


def test_under_plain_nothing_is_remembered_and_there_are_second_derivatives():
    layer, how = made("dense")
    with plain(), tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(STATES), inner.watch(STATES)
        logits = layer(STATES, **how)
        assert projection_of(logits) is None
        loss = Tokens(WORDS).loss({"logits": logits}, TARGETS)
        first = inner.gradient(loss, STATES)
    assert np.any(outer.gradient(first, STATES))


def test_a_second_derivative_of_the_kernels_is_refused():
    layer, how = made("dense")
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(STATES), inner.watch(STATES)
        loss = Tokens(WORDS).loss({"logits": layer(STATES, **how)}, TARGETS)
        first = inner.gradient(loss, STATES)
    with pytest.raises(NotImplementedError, match="plain"):
        outer.gradient(first, STATES)


@pytest.mark.parametrize("kind", ["dense", "tied"])
def test_a_batch_without_a_token_costs_nothing_and_changes_nothing(kind):
    layer, how = made(kind)
    weights = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        losses = Tokens(WORDS).loss({"logits": layer(STATES, **how)}, tf.zeros_like(TARGETS))
    np.testing.assert_array_equal(losses, 0)
    for gradient in tape.gradient(losses, weights):
        np.testing.assert_array_equal(gradient, 0)


def test_loss_and_metrics_share_one_pass():
    layer, _ = made("dense")
    answer = {"logits": layer(STATES, training=True)}
    Tokens(WORDS, 0.1).loss(answer, TARGETS)
    rated = projection_of(answer["logits"])._rated
    Tokens(WORDS, 0.1).metrics(answer, TARGETS)
    assert len(rated) == 1
    Tokens(WORDS).loss(answer, TARGETS)
    assert len(rated) == 2


def test_the_layers_are_made_again_from_their_configuration():
    for layer in (Logits(WORDS, name="logits"), TiedEmbedding(WORDS, WIDTH)):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
        assert type(again) is type(layer)
        assert again.get_config() == layer.get_config()
