"""Input feeding in compiled loops beside the same in a loop of the graph."""

import contextlib
import itertools

import numpy as np
import pytest
import tensorflow as tf

from models import build as networks
from models.export.signatures import signature
from models.inputs.tokens import TokenInput
from models.layers.fast import feeding
from models.layers.recurrent import plain, workers
from models.outputs.tokens import Tokens
from models.spec import RECURRENT, ModelSpec
from tests.models.layers.decoder.test_decoder import (
    MASK,
    MEMORY,
    MEMORY_MASK,
    SEQUENCE,
    close,
    made,
    start,
)

KINDS = list(itertools.product(RECURRENT, ("dot", "additive")))


def results(decoder, mask=MASK, memory_mask=MEMORY_MASK, in_graph=False, batch=3):
    """All that it gives, where that is real, and the gradients of all that it is given."""
    states = [state[:batch] for state in start(decoder)]
    given = [SEQUENCE[:batch], MEMORY[:batch], *states]
    mask, memory_mask = mask[:batch], memory_mask[:batch]
    weights = [variable.value for variable in decoder.trainable_variables]

    @tf.function(autograph=False)
    def run(sequence, memory, *states):
        with tf.GradientTape() as tape:
            tape.watch([sequence, memory, *states])
            outputs, attention, after = decoder(
                sequence, mask, states, memory, memory_mask, training=True
            )
            outputs, attention = (tf.boolean_mask(x, mask) for x in (outputs, attention))
            loss = tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(tf.cos(3 * attention))
            loss += sum(tf.reduce_sum(state**2 * (i + 1)) for i, state in enumerate(after))
        gradients = tape.gradient(loss, [sequence, memory, *states, *weights])
        return [outputs, attention, *after], gradients

    with plain() if in_graph else contextlib.nullcontext():
        fits = feeding.fits(decoder.stack, decoder.attention, None, True)
        assert fits != in_graph
        return run(*given)


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_answers_and_gradients_are_those_of_the_loop_in_the_graph(cell, attention):
    decoder = made(cell, attention, input_feeding=True)
    close(results(decoder), results(decoder, in_graph=True))


MASKS = {
    "padding on the left and within": [[0, 1, 1, 0, 1], [1, 0, 1, 1, 0], [0, 0, 1, 0, 0]],
    "a row without a step": [[0] * 5, [1] * 5, [1, 1, 0, 0, 0]],
    "no step at all": [[0] * 5] * 3,
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("cell", RECURRENT)
def test_any_steps_may_be_padding(cell, mask):
    decoder, mask = made(cell, "dot", input_feeding=True), tf.constant(np.array(MASKS[mask], bool))
    close(results(decoder, mask), results(decoder, mask, in_graph=True))


def test_a_memory_of_padding_gives_nothing():
    decoder = made("gru", "additive", input_feeding=True)
    seen = tf.constant(np.array([[0] * 4, [1, 0, 1, 1], [0, 1, 0, 0]], bool))
    found = results(decoder, memory_mask=seen)
    close(found, results(decoder, memory_mask=seen, in_graph=True))
    assert not np.any(found[0][1][:5])  # the first row looks at nothing


def test_a_batch_may_be_smaller_than_the_number_of_threads():
    decoder = made("lstm", "dot", input_feeding=True)
    close(results(decoder, batch=1), results(decoder, batch=1, in_graph=True))


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_rows_are_shared_out_among_threads(cell, attention, monkeypatch):
    monkeypatch.setattr(workers, "threads", lambda: 3)
    decoder, count = made(cell, attention, input_feeding=True), 29
    random = np.random.default_rng(0)
    sequence, memory = (
        tf.constant(random.normal(size=(count, *x.shape[1:])), tf.float32)
        for x in (SEQUENCE, MEMORY)
    )
    mask = tf.constant(np.arange(5) < random.integers(0, 6, (count, 1)))
    seen = tf.constant(np.arange(MEMORY.shape[1]) < random.integers(1, 5, (count, 1)))
    weights = [variable.value for variable in decoder.trainable_variables]

    def run():
        with tf.GradientTape() as tape:
            tape.watch([sequence, memory])
            outputs, attention, after = decoder(sequence, mask, None, memory, seen, training=True)
            parts = [tf.boolean_mask(outputs, mask), tf.boolean_mask(attention, mask), *after]
            loss = sum(tf.reduce_sum(tf.sin(part)) for part in parts)
        return parts, tape.gradient(loss, [sequence, memory, *weights])

    found = run()
    with plain():
        close(found, run())


def test_attention_is_zero_and_the_state_stays_at_padding():
    decoder = made("gru", "dot", input_feeding=True)
    outputs, attention, _ = decoder(
        SEQUENCE, MASK, start(decoder), MEMORY, MEMORY_MASK, training=True
    )
    assert not np.any(np.asarray(attention)[~np.asarray(MASK)])
    np.testing.assert_array_equal(outputs[2, 1:], np.tile(outputs[2, :1], (4, 1)))


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 2},
        {"layer_norm": True},
        {"attention": "multi_head"},
        {"dropout": 0.5, "variational": True},
    ],
)
def test_what_the_loops_cannot_do_goes_through_the_graph(changes):
    decoder = made(**({"attention": "dot", "input_feeding": True} | changes))
    assert not feeding.fits(decoder.stack, decoder.attention, None, training=True)


def test_one_step_and_what_is_no_training_go_through_the_graph():
    decoder = made(input_feeding=True)
    fits = [
        feeding.fits(decoder.stack, "dot", steps, training)
        for steps, training in ((None, True), (1, True), (None, False))
    ]
    assert fits == [True, False, False]
    with plain():
        assert not feeding.fits(decoder.stack, "dot", None, training=True)


def operations(function):
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    return {node.op for node in nodes}


@pytest.mark.parametrize("tied", [False, True])
def test_an_export_calls_no_python(tied):
    changes = {"cell": "gru", "attention": "dot", "units": 4, "embedding_dim": 3}
    changes |= {"input_feeding": True, "tie_embeddings": tied}
    spec = ModelSpec.of("encoder_decoder", **changes)
    outputs = Tokens(9)
    model = networks.build(spec, TokenInput(9), outputs)
    tokens = tf.TensorSpec([None, None], tf.int32)
    answer, score = networks.answer(spec, model, outputs), networks.score(model, outputs)
    exported = [
        signature(lambda tokens: answer({"tokens": tokens}), {"tokens": tokens}),
        signature(
            lambda tokens, targets: score({"tokens": tokens}, targets),
            {"tokens": tokens, "targets": tokens},
        ),
    ]
    for function in exported:
        assert not {name for name in operations(function) if "PyFunc" in name}

    @tf.function(input_signature=[tokens, tokens], autograph=False)
    def train(tokens, targets):
        given = {"tokens": tokens} | outputs.teacher_inputs(targets)
        return outputs.loss(model(given, training=True), targets)

    assert "PyFuncStateless" in operations(train.get_concrete_function())
