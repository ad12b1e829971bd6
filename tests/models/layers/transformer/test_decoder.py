"""The Transformer that writes: its numbers, what it sees of its memory, one step at a time."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.decoder.decoder import make_decoder
from models.layers.transformer import TransformerDecoder
from models.spec import ModelSpec
from tests.models.layers.transformer.numpy_transformer import transformer

FEATURES, UNITS, TIME, WIDE, STEPS = 4, 6, 5, 3, 7
WRITTEN, READ = [5, 2, 3], [7, 1, 4]
WHERE = np.arange(TIME) < np.array(WRITTEN)[:, None]
SEEN = np.arange(STEPS) < np.array(READ)[:, None]
RANDOM = np.random.default_rng(0)
SEQUENCE = RANDOM.normal(size=(3, TIME, FEATURES)).astype(np.float32)
MEMORY = RANDOM.normal(size=(3, STEPS, WIDE)).astype(np.float32)


@pytest.fixture(scope="module")
def decoder():
    keras.utils.set_random_seed(1)
    layer = TransformerDecoder(UNITS, layers=2, attention_heads=2, embedded=True, name="decoder")
    layer.build((None, None, FEATURES), (None, None, WIDE))
    random = np.random.default_rng(2)
    for weight in layer.weights:
        weight.assign_add(random.normal(0, 0.3, weight.shape))
    return layer


def write(decoder, sequence=SEQUENCE, mask=WHERE, memory=MEMORY, seen=SEEN, states=None):
    outputs, attention, after = decoder(
        sequence, mask=mask, states=states, memory=memory, memory_mask=seen
    )
    return np.asarray(outputs), np.asarray(attention), after


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_the_numbers_are_those_of_the_paper(decoder):
    outputs, attention, _ = write(decoder)
    for i, (length, steps) in enumerate(zip(WRITTEN, READ, strict=True)):
        memory = MEMORY[i, :steps]
        expected, shares = transformer(decoder, SEQUENCE[i, :length], memory=memory)
        close(outputs[i, :length], expected)
        close(attention[i, :length, :steps], shares.mean(axis=0))


def test_attention_is_a_distribution_over_the_real_steps_of_the_memory(decoder):
    _, attention, _ = write(decoder)
    assert attention.dtype == np.float32
    assert attention.shape == (3, TIME, STEPS)
    np.testing.assert_allclose(attention.sum(axis=-1), 1, rtol=0, atol=1e-6)
    unseen = np.broadcast_to(~SEEN[:, None], attention.shape)
    assert (attention[unseen] == 0).all()
    assert (attention[~unseen] > 0).all()


def test_padding_of_the_memory_changes_nothing(decoder):
    outputs, attention, _ = write(decoder)
    other = np.where(SEEN[:, :, None], MEMORY, -1e3).astype(np.float32)
    again, same, _ = write(decoder, memory=other)
    np.testing.assert_array_equal(again, outputs)
    np.testing.assert_array_equal(same, attention)
    alone, _, _ = write(decoder, SEQUENCE[2:], WHERE[2:], MEMORY[2:, : READ[2]], None)
    close(alone[0], outputs[2])


def test_each_real_step_of_the_memory_matters_and_no_later_step_of_the_sequence(decoder):
    given, memory = tf.constant(SEQUENCE), tf.constant(MEMORY)
    with tf.GradientTape() as tape:
        tape.watch([given, memory])
        outputs, _, _ = decoder(given, memory=memory, memory_mask=SEEN)
        loss = tf.reduce_sum(outputs[:, 2] * tf.range(UNITS, dtype=tf.float32) ** 2)
    own, read = tape.gradient(loss, [given, memory])
    np.testing.assert_array_equal(np.abs(own).sum(-1) > 0, np.tile(np.arange(TIME) <= 2, (3, 1)))
    np.testing.assert_array_equal(np.abs(read).sum(-1) > 0, SEEN)


def test_a_memory_without_a_real_step_gives_nothing_and_stays_finite(decoder):
    outputs, attention, _ = write(decoder, seen=np.zeros_like(SEEN))
    assert np.isfinite(outputs).all()
    np.testing.assert_array_equal(attention, 0)


def test_a_step_at_a_time_writes_what_all_steps_at_once_do(decoder):
    outputs, attention, kept = write(decoder)
    states = decoder.initial_states(3)
    for t in range(TIME):
        own = slice(t, t + 1)
        step, seen, states = write(decoder, SEQUENCE[:, own], WHERE[:, own], states=states)
        close(step[WHERE[:, t], 0], outputs[WHERE[:, t], t])
        close(seen[WHERE[:, t], 0], attention[WHERE[:, t], t])
    np.testing.assert_array_equal(states[0], kept[0])
    for state, expected in zip(states[1:], kept[1:], strict=True):
        close(np.asarray(state)[WHERE], np.asarray(expected)[WHERE])


def test_a_memory_can_be_projected_once_for_all_steps(decoder):
    projected = decoder.project(MEMORY)
    assert [tuple(each.shape) for each in projected] == 4 * [(3, STEPS, UNITS)]
    for seen in (SEEN, None):
        for found, expected in zip(
            write(decoder, memory=projected, seen=seen)[:2], write(decoder, seen=seen), strict=False
        ):
            np.testing.assert_array_equal(found, expected)


def test_it_writes_in_a_loop_in_the_graph(decoder):
    specs = decoder.state_specs()

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, FEATURES], tf.float32),
            tf.TensorSpec([None, None, WIDE], tf.float32),
            tf.TensorSpec([None, None], tf.bool),
        ]
    )
    def write_on(first, memory, seen):
        projected = decoder.project(memory)

        def step(t, last, attention, *states):
            outputs, weights, after = decoder(
                last[:, None], states=[*states], memory=projected, memory_mask=seen
            )
            return t + 1, outputs[:, 0, :FEATURES], weights[:, 0], *after

        shapes = ([], [None, FEATURES], [None, None], *(s.shape for s in specs))
        rows = tf.shape(memory)[:2]
        start = (0, first, tf.zeros(rows), *decoder.initial_states(rows[0]))
        return tf.while_loop(
            lambda t, *_: t < 4, step, start, tuple(tf.TensorShape(shape) for shape in shapes)
        )[1:3]

    last, attention = write_on(SEQUENCE[:, 0], MEMORY, SEEN)
    fed = SEQUENCE[:, :1]
    for _ in range(4):
        outputs, shares, _ = write(decoder, fed, None)
        fed = np.concatenate([fed, outputs[:, -1:, :FEATURES]], axis=1)
    np.testing.assert_allclose(last, fed[:, -1], rtol=0, atol=2e-5)
    np.testing.assert_allclose(attention, shares[:, -1], rtol=0, atol=2e-5)


def test_without_a_memory_it_is_refused(decoder):
    with pytest.raises(ValueError, match="needs a memory"):
        decoder(SEQUENCE)
    with pytest.raises(ValueError, match="needs a memory"):
        TransformerDecoder(UNITS)(SEQUENCE)


def test_a_spec_gives_the_decoder_and_shapes_are_known_without_running_it():
    spec = ModelSpec.of(
        "encoder_decoder", cell="transformer", attention="multi_head", input="frames", units=8
    )
    decoder = make_decoder(spec, "writer")
    assert isinstance(decoder, TransformerDecoder)
    assert (decoder.name, decoder.width, decoder.attention_heads) == ("writer", 8, 4)
    assert decoder.embedded  # what it reads are tokens, whatever the encoder read
    outputs, attention, states = decoder(
        keras.Input((None, FEATURES)), memory=keras.Input((STEPS, WIDE))
    )
    assert (outputs.shape, attention.shape) == ((None, None, 8), (None, None, STEPS))
    assert attention.dtype == "float32"
    assert [s.shape for s in states] == [(None, None)] + 2 * [(None, None, 8)]
