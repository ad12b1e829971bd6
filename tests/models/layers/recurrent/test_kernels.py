"""Chunks, parts, lengths and checkpoints change nothing but the speed and the memory."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers import recurrent
from models.layers.recurrent import plan, workers
from tests.models.layers.recurrent import pairs
from tests.models.layers.recurrent.pairs import CELLS, assert_same, differentiate


def one(cell, **settings):
    return pairs.pair(cell, return_sequences=True, **settings)[1]


@pytest.fixture
def threads(monkeypatch):
    """Sets how many parts run at a time."""
    return lambda number: monkeypatch.setattr(workers, "threads", lambda: number)


def compare(cell, sequence, mask, training=True, **settings):
    layers = pairs.pair(cell, return_state=True, **settings)
    assert_same(*(differentiate(layer, sequence, mask, training=training) for layer in layers))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("time", [2, plan.LONGEST, plan.LONGEST + 1])
@pytest.mark.parametrize("training", [False, True])
def test_the_borders_of_chunks_are_not_seen(cell, time, training):
    settings = {"return_sequences": True, "bidirectional": True}
    compare(cell, pairs.sequences(time=time), pairs.masks(time)["holes"], training, **settings)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("all_steps", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_rows_are_taken_by_their_length_and_come_back_in_their_order(
    cell, all_steps, bidirectional
):
    random = np.random.default_rng(3)
    lengths = random.integers(0, 35, 20)
    mask = np.arange(35) < lengths[:, None]
    settings = {"return_sequences": all_steps, "bidirectional": bidirectional}
    compare(cell, pairs.sequences(batch=20, time=35), mask, **settings)


@pytest.mark.parametrize("units", [1, 16, 33])
@pytest.mark.parametrize("cell", CELLS)
def test_any_width_fits_the_panels(cell, units):
    layers = [
        getattr(home, cell)(units, return_sequences=True) for home in (keras.layers, recurrent)
    ]
    for layer in layers:
        layer.build((pairs.BATCH, pairs.TIME, pairs.FEATURES))
    layers[1].set_weights(layers[0].get_weights())
    for batch in (1, 9, 23):
        sequence = pairs.sequences(batch=batch)
        assert_same(*(differentiate(layer, sequence, training=True) for layer in layers))


@pytest.mark.parametrize("cell", CELLS)
def test_a_graph_open_to_every_length_gives_the_same(cell):
    layer = one(cell)
    graph = tf.function(
        layer, input_signature=[tf.TensorSpec((None, None, pairs.FEATURES))], autograph=False
    )
    for time in (1, 7, plan.LONGEST + 3):
        sequence = pairs.sequences(time=time)
        np.testing.assert_allclose(graph(sequence), layer(sequence), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_any_number_of_threads_gives_the_same(cell, bidirectional, threads):
    layer, answers = one(cell, bidirectional=bidirectional), []
    batch = 3 * plan.LEAST_ROWS + 1
    mask = np.arange(pairs.TIME) < np.arange(batch)[:, None] % (pairs.TIME + 1)
    for number in (1, 2, 3, 8):
        threads(number)
        answers.append(differentiate(layer, pairs.sequences(batch), mask, training=True))
    for answer in answers[1:]:
        assert_same(answers[0], answer)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_comes_through(cell, value):
    layers = pairs.pair(cell, return_sequences=True)
    sequence = pairs.sequences()
    sequence[1, 2, 0] = value
    wanted, found = (np.asarray(layer(sequence)) for layer in layers)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_vanishing_gradients_do_not_slow_the_way_back():
    # Without rounding denormal numbers to zero the way back would be many times slower.
    layer = recurrent.LSTM(32)
    layer.build((16, 300, 4))
    sequence = tf.constant(pairs.random(16, 300, 4))

    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(sequence)
            answer = tf.reduce_sum(layer(sequence, training=True)) * 1e-30
        return np.asarray(tape.gradient(answer, sequence))

    found = np.abs(gradient())
    assert found.max() > 0
    assert not ((found > 0) & (found < np.finfo(np.float32).tiny)).any()


@pytest.mark.parametrize("cell", CELLS)
def test_the_same_tape_differentiates_twice(cell):
    layer, sequence = one(cell), tf.constant(pairs.sequences())
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(sequence)
        answer = tf.reduce_sum(tf.sin(layer(sequence, training=True)))
    first, again = (np.asarray(tape.gradient(answer, sequence)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("cell", CELLS)
def test_two_trainings_at_the_same_time_disturb_nobody(cell):
    layers = [one(cell) for _ in range(3)]
    given = (pairs.sequences(batch=16, time=40), None)
    wanted = [np.asarray(v) for v in differentiate(layers[0], *given, training=True)[1]]
    wrong = []

    def train(layer):
        for _ in range(5):
            _, found = differentiate(layer, *given, training=True)
            for value, other in zip(found, wanted, strict=True):
                if not np.array_equal(value, other):
                    wrong.append(layer)

    started = [threading.Thread(target=train, args=(layer,)) for layer in [*layers, layers[0]]]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("all_steps", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_checkpoints_give_the_same_gradients(cell, all_steps, dropout):
    settings = {"return_sequences": all_steps, "recurrent_dropout": dropout}
    theirs, _ = pairs.pair(cell, **settings)
    ours = getattr(recurrent, cell)(pairs.UNITS, seed=7, time_checkpoint=4, **settings)
    ours.build((pairs.BATCH, pairs.TIME, pairs.FEATURES))
    ours.set_weights(theirs.get_weights())
    given = (pairs.sequences(time=11), pairs.masks(11)["right"])
    assert_same(*(differentiate(layer, *given, training=True) for layer in (theirs, ours)))


def test_a_checkpoint_must_be_a_number_of_steps():
    with pytest.raises(ValueError, match="time_checkpoint must be a number of steps, got 0"):
        recurrent.LSTM(3, time_checkpoint=0)


@pytest.mark.parametrize("cell", CELLS)
def test_results_are_the_same_to_the_bit(cell):
    def run(layer):
        outputs, gradients = differentiate(layer, pairs.sequences(), pairs.masks()["right"])
        return [np.asarray(value) for value in outputs + gradients]

    first = run(one(cell))
    run(one(cell, go_backwards=True))  # other functions traced in between
    differentiate(one(cell), pairs.sequences(batch=2, time=plan.LONGEST + 5))
    for value, again in zip(first, run(one(cell)), strict=True):
        np.testing.assert_array_equal(value, again)


def test_a_long_sequence():
    theirs, ours = pairs.pair("GRU")
    sequence = pairs.sequences(batch=2, time=1000)
    np.testing.assert_allclose(ours(sequence), theirs(sequence), atol=2e-5)


def test_a_second_derivative_is_refused_and_plain_has_it():
    def second(layer):
        sequence = tf.constant(pairs.sequences())
        with tf.GradientTape() as outer:
            outer.watch(sequence)
            with tf.GradientTape() as inner:
                inner.watch(sequence)
                answer = tf.reduce_sum(layer(sequence))  # linear: even so it depends on the input
            first = inner.gradient(answer, sequence)
        return outer.gradient(first, sequence)

    layer = pairs.pair("GRU")[1]
    with pytest.raises(NotImplementedError, match=r"models\.layers\.recurrent\.plain"):
        second(layer)
    with recurrent.plain():
        assert np.abs(second(layer)).max() > 1e-3
