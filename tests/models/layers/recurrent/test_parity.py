"""The same numbers as Keras's layers: outputs, states, and every gradient."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers import recurrent
from tests.models.layers.recurrent import pairs
from tests.models.layers.recurrent.pairs import CELLS, assert_same, differentiate

WAYS = [
    ("fast", "none"),
    ("fast", "right"),
    ("fast", "left"),
    ("fast", "holes"),
    ("plain", "holes"),
]
"""The path, and the mask that it meets."""


def compare(cell, way, start=False, training=False, **settings):
    path, mask = way
    theirs, ours = pairs.pair(cell, **settings)
    count = 1 + settings.get("bidirectional", False)
    given = {
        "mask": pairs.masks()[mask],
        "training": training,
        "initial_state": pairs.states(cell) * count if start else None,
    }
    expected = differentiate(theirs, pairs.sequences(), **given)
    with recurrent.plain() if path == "plain" else contextlib.nullcontext():
        for layer in [ours] if count == 1 else [ours.forward_layer, ours.backward_layer]:
            assert recurrent.path_of(layer).name == path
        assert_same(expected, differentiate(ours, pairs.sequences(), **given))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("all_steps", [False, True])
def test_outputs_states_and_gradients(cell, way, backwards, all_steps):
    compare(
        cell,
        way,
        return_sequences=all_steps,
        return_state=True,
        go_backwards=backwards,
    )


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", WAYS[2:])
@pytest.mark.parametrize("all_steps", [False, True])
def test_initial_states(cell, way, all_steps):
    # Before the first real step Keras answers zeros, and not the state that it starts from.
    settings = {"return_sequences": all_steps, "return_state": True, "go_backwards": all_steps}
    compare(cell, way, start=True, **settings)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", WAYS[2:])
def test_zero_output_for_mask(cell, way):
    settings = {"zero_output_for_mask": True, "return_state": True}
    compare(cell, way, return_sequences=True, **settings)
    compare(cell, way, start=True, **settings)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", WAYS[2:])
@pytest.mark.parametrize("all_steps", [False, True])
def test_in_bidirectional(cell, way, all_steps):
    compare(cell, way, bidirectional=True, start=True, return_sequences=all_steps)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("dropout", "recurrent"), [(0.4, 0.0), (0.0, 0.4), (0.4, 0.3)])
def test_dropout_of_inputs_and_states(cell, dropout, recurrent):
    settings = {"dropout": dropout, "recurrent_dropout": recurrent, "return_sequences": True}
    compare(cell, ("fast", "right"), training=True, **settings)
    compare(cell, ("plain", "right"), training=True, **settings)
    compare(cell, ("fast", "right"), training=False, **settings)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("mask", ["none", "right"])
def test_one_step(cell, mask):
    theirs, ours = pairs.pair(cell, return_sequences=True, return_state=True)
    given = {
        "mask": None if mask == "none" else np.arange(pairs.BATCH)[:, None] % 2 == 0,
        "initial_state": pairs.states(cell),
    }
    one = pairs.sequences(time=1)
    assert_same(*(differentiate(layer, one, **given) for layer in (theirs, ours)))


@pytest.mark.parametrize("cell", CELLS)
def test_stateful(cell):
    layers = pairs.pair(cell, stateful=True, return_sequences=True)
    mask = pairs.masks()["left"]
    for _ in range(2):
        assert_same(*(differentiate(layer, pairs.sequences(), mask) for layer in layers))
    for layer in layers:
        layer.reset_state()
    assert_same(*(differentiate(layer, pairs.sequences(), mask) for layer in layers))


@pytest.mark.parametrize("cell", CELLS)
def test_integers_are_taken(cell):
    theirs, ours = pairs.pair(cell)
    numbers = np.arange(pairs.BATCH * pairs.TIME * pairs.FEATURES, dtype=np.int32)
    numbers = numbers.reshape(pairs.BATCH, pairs.TIME, pairs.FEATURES) % 3
    np.testing.assert_allclose(ours(numbers), theirs(numbers), atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_graphs_with_free_batch_and_time(cell):
    theirs, ours = pairs.pair(cell, return_sequences=True)
    signature = [
        tf.TensorSpec((None, None, pairs.FEATURES)),
        tf.TensorSpec((None, None), tf.bool),
    ]
    graphs = [
        tf.function(
            lambda x, m, layer=layer: differentiate(layer, x, m),
            input_signature=signature,
            autograph=False,
        )
        for layer in (theirs, ours)
    ]
    for batch, time in ((5, 7), (9, 1), (3, 60)):
        sequence = pairs.sequences(batch, time)
        mask = np.arange(time) < np.arange(1, batch + 1)[:, None]
        assert_same(*(graph(sequence, mask) for graph in graphs))
    nothing = np.zeros((0, 7, pairs.FEATURES), np.float32)
    (answer,), gradients = graphs[1](nothing, np.zeros((0, 7), bool))
    assert answer.shape == (0, 7, pairs.UNITS)
    assert all(np.all(np.asarray(gradient) == 0) for gradient in gradients)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_go_through_a_loop_around_the_layer(cell):
    def thrice(layer):
        @tf.function(autograph=False)
        def run(sequence):
            with tf.GradientTape() as tape:
                _, total = tf.while_loop(
                    lambda k, _: k < 3,
                    lambda k, total: (k + 1, total + tf.reduce_sum(layer(sequence * total) ** 2)),
                    (0, tf.constant(0.5)),
                )
            return [total], tape.gradient(total, [v.value for v in layer.trainable_variables])

        return run(tf.constant(pairs.sequences()))

    # What three recurrences one into the other round differs more.
    assert_same(*(thrice(layer) for layer in pairs.pair(cell)), tolerance=2e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_fit_learns_the_same_weights(cell):
    def fitted(layer):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((None, pairs.FEATURES)), layer, keras.layers.Dense(1)]
        )
        model.layers[-1].set_weights([pairs.random(pairs.UNITS, 1), np.zeros(1)])
        model.compile("sgd", "mse")
        target = pairs.random(pairs.BATCH, 1)
        model.fit(pairs.sequences(), target, epochs=3, batch_size=3, shuffle=False, verbose=0)
        return [model.get_weights()]

    assert_same(*(fitted(layer) for layer in pairs.pair(cell)))
