import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.decoder.bridge import states_from_encoder, states_from_vector
from models.layers.stack import STATES, make_stack
from models.spec import RECURRENT, ModelSpec

UNITS, FEATURES = 3, 2
LENGTHS = [4, 2]
MASK = np.arange(4) < np.array(LENGTHS)[:, None]


def encoded(spec):
    """A model, and what it gives: ends and outputs of the encoder, and the start of the decoder."""
    keras.utils.set_random_seed(0)
    sequence, mask = keras.Input((None, FEATURES)), keras.Input((None,), dtype="bool")
    outputs, ends = make_stack(spec)(sequence, mask=mask)
    start = states_from_encoder(spec, ends, outputs, mask)
    model = keras.Model([sequence, mask], [ends, outputs, start])
    values = np.random.default_rng(0).normal(size=(2, 4, FEATURES)).astype(np.float32)
    found = model([tf.constant(values), tf.constant(MASK)])
    return model, *keras.tree.map_structure(np.asarray, found)


def spec_of(**changes):
    return ModelSpec.of("encoder_decoder", units=UNITS, dropout=0.0, **changes)


@pytest.mark.parametrize("cell", RECURRENT)
def test_an_encoder_of_one_direction_hands_its_states_on_as_they_are(cell):
    model, ends, _, start = encoded(spec_of(cell=cell, layers=2))
    assert len(start) == 2 * STATES[cell]
    for a, b in zip(start, ends, strict=True):
        np.testing.assert_array_equal(a, b)
    assert "bridge" not in [layer.name for layer in model.layers]


@pytest.mark.parametrize("cell", RECURRENT)
def test_of_two_directions_each_state_is_made_of_both_ends_of_its_layer(cell):
    model, ends, _, start = encoded(spec_of(cell=cell, layers=2, bidirectional=True))
    each = STATES[cell]
    assert len(start) == 2 * each
    bridge = model.get_layer("bridge")
    for layer in range(2):
        for kind in range(each):
            forward, backward = (ends[2 * each * layer + each * d + kind] for d in range(2))
            kernel, bias = bridge.states[each * layer + kind].get_weights()
            wanted = np.tanh(np.concatenate([forward, backward], axis=1) @ kernel + bias)
            np.testing.assert_allclose(start[each * layer + kind], wanted, atol=1e-6)


@pytest.mark.parametrize("cell", RECURRENT)
def test_without_attention_the_highest_h_is_handed_on_normalised(cell):
    spec = spec_of(cell=cell, layers=2, layer_norm=True, residual=True)
    _, ends, outputs, start = encoded(spec)
    top = len(ends) - STATES[cell]
    last = outputs[np.arange(2), np.array(LENGTHS) - 1]
    for index, (a, b) in enumerate(zip(start, ends, strict=True)):
        np.testing.assert_array_equal(a, last if index == top else b)
        assert (index == top) == bool((a != b).any())


@pytest.mark.parametrize("cell", RECURRENT)
def test_both_directions_are_normalised(cell):
    spec = spec_of(cell=cell, bidirectional=True, layer_norm=True)
    model, _, outputs, start = encoded(spec)
    last = outputs[np.arange(2), np.array(LENGTHS) - 1, :UNITS]
    kernel, bias = model.get_layer("bridge").states[0].get_weights()
    wanted = np.tanh(np.concatenate([last, outputs[:, 0, UNITS:]], axis=1) @ kernel + bias)
    np.testing.assert_allclose(start[0], wanted, atol=1e-6)


def test_with_attention_the_outputs_are_for_the_attention_alone():
    _, ends, _, start = encoded(spec_of(attention="dot", layer_norm=True))
    for a, b in zip(start, ends, strict=True):
        np.testing.assert_array_equal(a, b)


def test_with_input_feeding_it_begins_with_nothing_attended_to():
    _, ends, _, start = encoded(spec_of(attention="dot", input_feeding=True))
    assert len(start) == len(ends) + 1
    np.testing.assert_array_equal(start[-1], np.zeros((2, UNITS)))


@pytest.mark.parametrize("cell", RECURRENT)
def test_each_state_is_made_of_the_vector(cell):
    spec = ModelSpec.of("one_to_many", cell=cell, layers=2, units=UNITS)
    vector = keras.Input((FEATURES,))
    model = keras.Model(vector, states_from_vector(spec, vector))
    given = np.random.default_rng(0).normal(size=(2, FEATURES)).astype(np.float32)
    found, states = model(given), model.get_layer("bridge").states
    assert len(found) == len(states) == 2 * STATES[cell]
    for value, state in zip(found, states, strict=True):
        kernel, bias = state.get_weights()
        np.testing.assert_allclose(value, np.tanh(given @ kernel + bias), atol=1e-6)


def test_the_transformer_starts_from_no_state():
    spec = ModelSpec.of("encoder_decoder", cell="transformer", attention="multi_head")
    assert states_from_encoder(spec, [], None, None) is None
    assert states_from_vector(spec, None) is None
