"""Shards, chunks and checkpoints change nothing but the speed and the memory."""

import numpy as np
import pytest
import tensorflow as tf

from models import recurrent
from models.recurrent import layer as fast
from models.recurrent import loops
from tests.models.recurrent import pairs
from tests.models.recurrent.pairs import CELLS, assert_same, differentiate

CHUNK = fast.CHUNK
GRAIN = fast.GRAIN


def one(cell, **settings):
    return pairs.pair(cell, return_sequences=True, **settings)[1]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("time", [2, GRAIN, GRAIN + 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
def test_the_borders_of_chunks_are_not_seen(cell, time):
    layers = pairs.pair(cell, return_sequences=True, return_state=True)
    mask = pairs.masks(time)["holes"]
    assert_same(*(differentiate(layer, pairs.sequences(time=time), mask) for layer in layers))


@pytest.mark.parametrize("cell", CELLS)
def test_a_graph_open_to_every_length_gives_the_same(cell):
    layer = one(cell)
    graph = tf.function(
        layer, input_signature=[tf.TensorSpec((None, None, pairs.FEATURES))], autograph=False
    )
    for time in (GRAIN - 1, GRAIN + 1, CHUNK + 3):
        sequence = pairs.sequences(time=time)
        np.testing.assert_allclose(graph(sequence), layer(sequence), atol=1e-6)


@pytest.mark.parametrize("time", [0, 1, GRAIN, GRAIN + 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_a_chunk_is_no_longer_than_the_sequences_need(time):
    steps = fast._chunk(time)
    assert steps == int(fast._chunk(tf.constant(time)))
    assert min(time, CHUNK) <= steps <= CHUNK
    assert steps < max(time, 1) + GRAIN


@pytest.mark.parametrize("cell", CELLS)
def test_any_number_of_shards_gives_the_same(cell):
    layer, answers = one(cell), []
    for shards in (1, 2, 3):  # five rows: none divides them
        layer.shards = shards
        answers.append(differentiate(layer, pairs.sequences(), pairs.masks()["holes"]))
    assert_same(answers[0], answers[1])
    assert_same(answers[0], answers[2])


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
    differentiate(one(cell), pairs.sequences(batch=2, time=CHUNK + 5))
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
    with pytest.raises(NotImplementedError, match=r"models\.recurrent\.plain"):
        second(layer)
    with recurrent.plain():
        assert np.abs(second(layer)).max() > 1e-3


@pytest.mark.parametrize("cell", CELLS)
def test_layers_of_one_make_share_their_compiled_functions(cell):
    differentiate(one(cell), pairs.sequences())
    before = loops._compiled.cache_info().currsize
    differentiate(one(cell), pairs.sequences(batch=3, time=2 * CHUNK))
    assert loops._compiled.cache_info().currsize == before
