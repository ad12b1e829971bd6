import keras
import numpy as np
import pytest

from models.layers.attention.self_attention import StepAttention

BATCH, TIME, FEATURES = 3, 5, 4
LENGTHS = [5, 3, 1]
KINDS = ("dot", "additive", "multi_head")
STATES = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype(np.float32)
WHERE = np.arange(TIME) < np.array(LENGTHS)[:, None]


def attention(kind, causal=True, **kwargs):
    keras.utils.set_random_seed(1)
    layer = StepAttention(kind, 2, causal, **kwargs)
    layer(STATES, WHERE)
    return layer


@pytest.mark.parametrize("causal", [True, False])
def test_dot_follows_its_equations(causal):
    layer = attention("dot", causal)
    joined, weights = layer(STATES, WHERE)
    (mix,) = layer.join.get_weights()
    for row, length in enumerate(LENGTHS):
        h = STATES[row, :length].astype(np.float64)
        for t in range(length):
            others = list(range(t)) if causal else [s for s in range(length) if s != t]
            expected, context = np.zeros(TIME), np.zeros(FEATURES)
            if others:
                scores = np.exp(h[others] @ h[t])
                expected[others] = scores / scores.sum()
                context = expected[others] @ h[others]
            answer = np.tanh(np.concatenate([context, h[t]]) @ mix)
            np.testing.assert_allclose(weights[row, t], expected, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(joined[row, t], answer, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_looks_at_the_others_alone(kind):
    layer = attention(kind)
    _, weights = layer(STATES, WHERE)
    for row, length in enumerate(LENGTHS):
        for t in range(1, length):
            query, memory = STATES[row : row + 1, t : t + 1], STATES[row : row + 1, :t]
            _, alone = layer.over_steps(query, memory, np.ones((1, t), bool))
            np.testing.assert_allclose(weights[row, t, :t], alone[0, 0], rtol=1e-5)
            assert (np.asarray(weights)[row, t, t:] == 0).all()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing_and_gets_nothing(kind, causal):
    layer = attention(kind, causal)
    joined, weights = (np.asarray(value) for value in layer(STATES, WHERE))
    other = np.where(WHERE[:, :, None], STATES, 1e6).astype(np.float32)
    joined_other, weights_other = (np.asarray(value) for value in layer(other, WHERE))
    np.testing.assert_array_equal(joined[WHERE], joined_other[WHERE])
    np.testing.assert_array_equal(weights, weights_other)
    assert weights.dtype == np.float32
    assert (weights[~WHERE] == 0).all()
    assert (weights.swapaxes(1, 2)[~WHERE] == 0).all()
    sums = weights.sum(axis=2)
    has_others = WHERE & (np.arange(TIME) > 0 if causal else np.array(LENGTHS)[:, None] > 1)
    np.testing.assert_allclose(sums, has_others, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_causal_step_knows_nothing_of_what_comes_later(kind):
    layer = attention(kind)
    joined, _ = layer(STATES, WHERE)
    later = STATES.copy()
    later[:, 2:] += 1
    changed, _ = layer(later, WHERE)
    np.testing.assert_array_equal(joined[:, :2], changed[:, :2])
    assert np.abs(np.asarray(joined)[0, 2:] - np.asarray(changed)[0, 2:]).min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_give_what_the_whole_gives(kind):
    layer = attention(kind)
    joined, weights = layer(STATES, WHERE)
    carried = layer.initial_states(BATCH)
    for begin, end in [(0, 2), (2, 3), (3, 5)]:
        part, at, carried = layer.read(STATES[:, begin:end], WHERE[:, begin:end], carried)
        real = WHERE[:, begin:end]
        np.testing.assert_allclose(
            np.asarray(part)[real], np.asarray(joined)[:, begin:end][real], rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(at, weights[:, begin:end, :end], rtol=1e-5, atol=1e-6)
    specs = layer.state_specs()
    assert all(spec.is_compatible_with(state) for spec, state in zip(specs, carried, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_and_configuration(kind):
    layer = attention(kind, False, dtype="mixed_bfloat16")
    joined, weights = layer(STATES, WHERE)
    assert (joined.dtype, weights.dtype) == ("bfloat16", "float32")
    assert {spec.dtype.name for spec in layer.state_specs()} == {"bool", "bfloat16"}
    again = StepAttention.from_config(layer.get_config())
    again(STATES, WHERE)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(joined, again(STATES, WHERE)[0])
    assert again.causal is False
