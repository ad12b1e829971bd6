import numpy as np
import pytest

from models.layers.pooling import StatePooling
from models.spec import POOLINGS

FEATURES, TIME = 3, 6
LENGTHS = [6, 3, 1]


@pytest.fixture
def sequence():
    return np.random.default_rng(0).normal(size=(3, TIME, FEATURES)).astype(np.float32)


@pytest.fixture
def where():
    return np.arange(TIME) < np.array(LENGTHS)[:, None]


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


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_row_of_padding_alone_gives_zeros(pooling, sequence):
    pooled = StatePooling(pooling)(sequence, np.zeros((3, TIME), bool))
    np.testing.assert_array_equal(pooled, np.zeros((3, FEATURES)))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pieces_are_pooled_as_the_whole(pooling, sequence, where):
    layer = StatePooling(pooling)
    whole = layer(sequence, where)
    carried = layer.initial_states(3)
    for begin, end in [(0, 2), (2, 3), (3, 6)]:  # the last row has nothing in two of them
        pooled, _, carried = layer.read(sequence[:, begin:end], where[:, begin:end], carried)
    np.testing.assert_allclose(pooled, whole, rtol=1e-6)
    specs = layer.state_specs()
    assert all(spec.is_compatible_with(state) for spec, state in zip(specs, carried, strict=True))
