import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.decoder.decoder import RecurrentDecoder, make_decoder
from models.layers.transformer import TransformerDecoder
from models.spec import RECURRENT, ModelSpec

BATCH, TIME, STEPS, FEATURES, WIDTH, UNITS = 3, 5, 4, 3, 5, 4
MASK = tf.constant(np.arange(TIME) < np.array([5, 3, 1])[:, None])
MEMORY_MASK = tf.constant(np.arange(STEPS) < np.array([2, 4, 1])[:, None])
DEEP = {"layers": 2, "residual": True, "layer_norm": True}
ATTENDING = ("dot", "additive", "multi_head")


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


SEQUENCE, MEMORY = normal(BATCH, TIME, FEATURES, seed=1), normal(BATCH, STEPS, WIDTH, seed=2)
SEEN = {"memory": MEMORY, "memory_mask": MEMORY_MASK}


def made(cell="gru", attention="dot", heads=2, **changes):
    """A decoder whose weights are away from the zeros of an initial bias."""
    given = {"units": UNITS, "dropout": 0.0} | changes
    spec = ModelSpec.of(
        "encoder_decoder", cell=cell, attention=attention, attention_heads=heads, **given
    )
    decoder = make_decoder(spec)
    decoder(SEQUENCE, memory=MEMORY)
    noise = np.random.default_rng(3)
    decoder.set_weights([noise.normal(0, 0.5, w.shape) for w in decoder.get_weights()])
    return decoder


def start(decoder):
    return [normal(BATCH, UNITS, seed=9 + i) for i in range(len(decoder.state_specs()))]


def by_hand(decoder, sequence, mask, states):
    """The equations, a step at a time, by the stack itself."""
    *inner, fed = states if decoder.input_feeding else [*states, None]
    outputs, attention = [], []
    for t in range(sequence.shape[1]):
        read = sequence[:, t] if fed is None else tf.concat([sequence[:, t], fed], axis=1)
        hidden, inner = decoder.stack(read[:, None], mask=mask[:, t : t + 1], states=inner)
        context, weights = decoder.cross(hidden, MEMORY, MEMORY_MASK)
        joined = tf.concat([context, hidden], axis=-1)
        output = tf.tanh(joined @ decoder.attentional.kernel)
        if fed is not None:
            fed = tf.where(mask[:, t, None], output[:, 0], fed)
        outputs.append(output)
        attention.append(weights)
    after = inner if fed is None else [*inner, fed]
    return tf.concat(outputs, 1), tf.concat(attention, 1), after


def close(found, wanted, mask=None, atol=1e-5):
    for a, b in zip(keras.tree.flatten(found), keras.tree.flatten(wanted), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        if mask is not None and a.ndim == 3:  # what is said at padding has no meaning
            a, b = a[np.asarray(mask)], b[np.asarray(mask)]
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=atol)


@pytest.mark.parametrize("input_feeding", [False, True])
@pytest.mark.parametrize(("cell", "attention"), itertools.product(RECURRENT, ATTENDING))
def test_it_follows_its_equations(cell, attention, input_feeding):
    decoder = made(cell, attention, input_feeding=input_feeding, **DEEP)
    found = decoder(SEQUENCE, MASK, start(decoder), MEMORY, MEMORY_MASK)
    close(found, by_hand(decoder, SEQUENCE, MASK, start(decoder)), MASK)
    assert found[0].shape == (BATCH, TIME, decoder.width)
    assert found[1].dtype == tf.float32


@pytest.mark.parametrize("cell", RECURRENT)
def test_gradients_go_through_input_feeding(cell):
    decoder = made(cell, "additive", input_feeding=True, **DEEP)
    weights = [v.value for v in decoder.trainable_variables]

    def loss(write):
        outputs, _, states = write(SEQUENCE, MASK, start(decoder))
        real = tf.boolean_mask(outputs, MASK)
        return tf.reduce_sum(tf.sin(real)) + sum(tf.reduce_sum(s**2) for s in states)

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            value = loss(lambda *given: decoder(*given, **SEEN))
        return tape.gradient(value, weights)

    with tf.GradientTape() as tape:
        value = loss(lambda *given: by_hand(decoder, *given))
    close(gradients(), tape.gradient(value, weights), atol=1e-4)


def test_without_attention_it_is_its_stack():
    decoder = made("lstm", "none", layers=2)
    outputs, attention, states = decoder(SEQUENCE, MASK, start(decoder), MEMORY, MEMORY_MASK)
    assert attention is None
    close((outputs, states), decoder.stack(SEQUENCE, mask=MASK, states=start(decoder)))


@pytest.mark.parametrize(
    ("cell", "attention", "input_feeding"),
    [("simple_rnn", "none", False), ("gru", "additive", False), ("lstm", "dot", True)],
)
def test_pieces_give_what_the_whole_gives(cell, attention, input_feeding):
    decoder = made(cell, attention, input_feeding=input_feeding, **DEEP)
    outputs, weights, after = decoder(SEQUENCE, MASK, start(decoder), **SEEN)
    states, pieces = start(decoder), []
    for piece in (slice(0, 2), slice(2, 3), slice(3, 5)):
        *said, states = decoder(SEQUENCE[:, piece], MASK[:, piece], states, **SEEN)
        pieces.append(said)
    close(states, after)
    close(tf.concat([piece[0] for piece in pieces], 1), outputs, MASK)
    if weights is not None:
        close(tf.concat([piece[1] for piece in pieces], 1), weights, MASK)


@pytest.mark.parametrize("input_feeding", [False, True])
def test_no_states_are_zeros_no_mask_is_all_real_and_the_memory_may_be_projected(input_feeding):
    decoder = made("lstm", "additive", input_feeding=input_feeding)
    everything = tf.ones((BATCH, TIME), tf.bool)
    everywhere = tf.ones((BATCH, STEPS), tf.bool)
    zeros = decoder.initial_states(BATCH)
    assert [s.shape[1:] for s in zeros] == [s.shape[1:] for s in decoder.state_specs()]
    wanted = decoder(SEQUENCE, everything, zeros, MEMORY, everywhere)
    close(decoder(SEQUENCE, memory=decoder.project(MEMORY)), wanted)


def test_attention_without_a_memory_is_refused():
    spec = ModelSpec.of("encoder_decoder", attention="dot")
    with pytest.raises(ValueError, match="dot attention needs a memory"):
        make_decoder(spec)(SEQUENCE)


def test_the_decoder_of_a_bidirectional_encoder_reads_forward():
    spec = ModelSpec.of("encoder_decoder", bidirectional=True, units=UNITS)
    assert not make_decoder(spec).stack.bidirectional


def test_the_transformer_has_its_own():
    spec = ModelSpec.of("encoder_decoder", cell="transformer", attention="multi_head")
    assert isinstance(make_decoder(spec), TransformerDecoder)


def identity_network(**changes):
    """Input feeding around simple_rnn cells: nothing is read, and an output is tanh(h_t)."""
    decoder = made("simple_rnn", "dot", dropout=0.5, input_feeding=True, **changes)
    for layer in decoder.stack.recurrent_layers:
        kernel, recurrent, bias = layer.get_weights()
        layer.set_weights([kernel * 0, recurrent * 0, bias * 0])
    kernel = np.concatenate([np.zeros((WIDTH, decoder.width)), np.eye(decoder.width)])
    decoder.attentional.set_weights([kernel])
    return decoder


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_between_layers_is_drawn_for_each_step_or_once_for_all(variational):
    decoder = identity_network(layers=2, units=50, variational=variational)
    below, above = decoder.stack.recurrent_layers
    below.cell.bias.assign(np.full(50, 5.0))  # a state of one
    above.cell.kernel.assign(np.eye(50))
    write = tf.function(lambda training: decoder(SEQUENCE, training=training, **SEEN)[0])
    assert np.asarray(write(False) > 0).all()
    said = np.asarray(write(True)) > 0
    assert said.mean() == pytest.approx(0.5, abs=0.1)
    assert (said == said[:, :1]).all() == variational
    assert (said[0] != said[1]).any()
    assert (said != np.asarray(write(True) > 0)).any()


def test_variational_dropout_of_the_recurrent_state_is_one_mask_for_all_steps():
    decoder = identity_network(units=100, variational=True)
    decoder.stack.recurrent_layers[0].cell.recurrent_kernel.assign(np.eye(100) * 3)
    states = [tf.ones((BATCH, 100)), tf.zeros((BATCH, 100))]
    long = tf.zeros((BATCH, 20, FEATURES))
    kept = [
        np.asarray(decoder(long, states=states, training=True, **SEEN)[0]) > 0 for _ in range(2)
    ]
    assert kept[0][:, -1].mean() == pytest.approx(0.5, abs=0.15)  # of fresh masks none would be
    assert (kept[0] == kept[0][:, :1]).all()
    assert (kept[0] != kept[1]).any()  # and nothing is left of it for the next time


@pytest.mark.parametrize("input_feeding", [False, True])
def test_it_is_made_again_from_its_configuration(input_feeding):
    decoder = made("lstm", "multi_head", input_feeding=input_feeding, **DEEP)
    again = RecurrentDecoder.from_config(decoder.get_config())
    again(SEQUENCE, memory=MEMORY)
    again.set_weights(decoder.get_weights())
    close(again(SEQUENCE, MASK, **SEEN), decoder(SEQUENCE, MASK, **SEEN), atol=0)
