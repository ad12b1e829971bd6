import keras
import numpy as np
import pytest

from models.layers.pooling import StatePooling
from models.layers.stack import make_stack
from models.spec import RECURRENT, ModelSpec

FEATURES, UNITS, TIME = 3, 4, 6
LENGTHS = [6, 3, 1]


@pytest.fixture
def sequence():
    return np.random.default_rng(0).normal(size=(3, TIME, FEATURES)).astype(np.float32)


@pytest.fixture
def where():
    return np.arange(TIME) < np.array(LENGTHS)[:, None]


def stacked(spec):
    keras.utils.set_random_seed(1)
    sequence = keras.Input((None, FEATURES))
    mask = keras.Input((None,), dtype="bool")
    states, _ = make_stack(spec)(sequence, mask=mask)
    return keras.Model([sequence, mask], states)


def layer_of(model, index):
    return model.get_layer("stack").recurrent_layers[index]


def spec(**changes):
    return ModelSpec(units=UNITS, dropout=0.0, **changes)


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_state_is_the_final_state_of_keras(cell, bidirectional, sequence, where):
    model = stacked(spec(cell=cell, bidirectional=bidirectional))
    states = model([sequence, where])
    pooled = StatePooling("last", bidirectional)(states, where)

    kind = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM}
    layer = kind.get(cell, keras.layers.GRU)(UNITS, return_state=True)
    if bidirectional:
        layer = keras.layers.Bidirectional(layer, merge_mode="concat")
    layer(sequence, mask=where)
    layer.set_weights(model.get_weights())
    answer, *final = layer(sequence, mask=where)
    np.testing.assert_allclose(pooled, answer, rtol=0, atol=2e-6)
    # Of an LSTM h and c, of the others h alone; then the same of the backward direction.
    hidden = final[:: 2 if cell == "lstm" else 1]
    np.testing.assert_allclose(pooled, np.concatenate(hidden, axis=-1), rtol=0, atol=2e-6)


def test_directions_are_concatenated_forward_first(sequence, where):
    model = stacked(spec(bidirectional=True))
    both = np.asarray(model([sequence, where]))
    forward = stacked(spec())
    forward.set_weights(model.get_weights()[:3])
    alone = np.asarray(forward([sequence, where]))
    np.testing.assert_allclose(both[:, :, :UNITS][where], alone[where], atol=1e-6)
    assert both.shape == (3, TIME, 2 * UNITS)


@pytest.mark.parametrize("layers", [2, 3])
def test_a_residual_adds_the_input_of_each_layer_from_the_second_on(layers, sequence, where):
    model = stacked(spec(layers=layers, residual=True, cell="gru"))
    expected = sequence
    for index in range(layers):
        above, _ = layer_of(model, index)(expected, mask=where)
        expected = above + expected if index else above
    np.testing.assert_allclose(model([sequence, where]), expected, atol=1e-6)
    plain = stacked(spec(layers=layers, cell="gru"))
    plain.set_weights(model.get_weights())
    assert np.abs(plain([sequence, where]) - np.asarray(expected)).max() > 1e-3


def test_dropout_lies_between_layers_and_not_on_the_residual_path():
    model = stacked(ModelSpec(units=UNITS, layers=3, dropout=0.5, residual=True))
    names = [layer.name for layer in model.get_layer("stack").dropouts]
    assert names == ["dropout_1", "dropout_2"]
    zeros = [
        np.zeros_like(w) if "lstm_1" in v.path or "lstm_2" in v.path else w
        for v, w in zip(model.weights, model.get_weights(), strict=True)
    ]
    model.set_weights(zeros)  # the upper layers say nothing: what is left is the path around them
    sequence = np.ones((2, TIME, FEATURES), np.float32)
    where = np.ones((2, TIME), bool)
    trained = model([sequence, where], training=True)
    np.testing.assert_array_equal(trained, model([sequence, where], training=False))


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 0.0), (0.0, 0.2), (0.1, 0.2)])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_penalties_of_input_and_recurrent_kernels_enter_the_losses(l1, l2, bidirectional):
    model = stacked(spec(layers=2, l1=l1, l2=l2, bidirectional=bidirectional))
    kernels = [
        w
        for v, w in zip(model.weights, model.get_weights(), strict=True)
        if v.path.endswith("kernel")
    ]
    assert len(kernels) == (8 if bidirectional else 4)
    expected = sum(l1 * np.abs(w).sum() + l2 * (w**2).sum() for w in kernels)
    assert float(sum(model.losses)) == pytest.approx(float(expected), rel=1e-5)


def test_without_penalties_there_are_no_losses():
    assert stacked(spec(layers=2)).losses == []
