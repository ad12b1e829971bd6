import keras
import numpy as np
import pytest

from models.spec import CELLS, ModelSpec
from models.stack import StatePooling, recurrent_stack

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
    return keras.Model([sequence, mask], recurrent_stack(spec, sequence, mask))


def spec(**changes):
    return ModelSpec(units=UNITS, dropout=0.0, **changes)


@pytest.mark.parametrize("cell", CELLS)
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
    np.testing.assert_array_equal(pooled, answer)
    # Of an LSTM h and c, of the others h alone; then the same of the backward direction.
    hidden = final[:: 2 if cell == "lstm" else 1]
    np.testing.assert_array_equal(pooled, np.concatenate(hidden, axis=-1))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_state_of_a_row_is_its_own_and_not_of_the_padding(bidirectional):
    states = np.arange(2 * TIME * 4, dtype=np.float32).reshape(2, TIME, 4)
    where = np.arange(TIME) < np.array([2, 5])[:, None]
    pooled = np.asarray(StatePooling("last", bidirectional)(states, where))
    if bidirectional:
        expected = np.concatenate([states[[0, 1], [1, 4], :2], states[:, 0, 2:]], axis=-1)
    else:
        expected = states[[0, 1], [1, 4]]
    np.testing.assert_array_equal(pooled, expected)


@pytest.mark.parametrize(("pooling", "expected"), [("mean", np.mean), ("max", np.max)])
def test_mean_and_max_go_over_real_steps_alone(pooling, expected, sequence, where):
    negative = np.where(where[:, :, None], sequence - 10, 1e6).astype(np.float32)
    pooled = StatePooling(pooling)(negative, where)
    for row, length, states in zip(pooled, LENGTHS, negative, strict=True):
        np.testing.assert_allclose(row, expected(states[:length], axis=0), rtol=1e-6)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
def test_pooling_works_under_mixed_precision(pooling, sequence, where):
    pooled = StatePooling(pooling, dtype="mixed_float16")(sequence, where)
    assert pooled.dtype == "float16"
    expected = StatePooling(pooling)(sequence, where)
    np.testing.assert_allclose(pooled, expected, rtol=2e-3, atol=2e-3)


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
        above = model.get_layer(f"gru_{index}")(expected, mask=where)
        expected = above + expected if index else above
    np.testing.assert_allclose(model([sequence, where]), expected, atol=1e-6)
    plain = stacked(spec(layers=layers, cell="gru"))
    plain.set_weights(model.get_weights())
    assert np.abs(plain([sequence, where]) - np.asarray(expected)).max() > 1e-3


def test_dropout_lies_between_layers_and_not_on_the_residual_path():
    model = stacked(ModelSpec(units=UNITS, layers=3, dropout=0.5, residual=True))
    names = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
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
