import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.attention.pooling import AttentionPooling
from models.layers.attention.scores import SCORES

BATCH, TIME, FEATURES = 3, 5, 6
LENGTHS = [5, 2, 1]
ASKING = [*SCORES]


@pytest.fixture
def states():
    return np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype(np.float32)


@pytest.fixture
def where():
    return np.arange(TIME) < np.array(LENGTHS)[:, None]


def tensor(values):
    return keras.ops.convert_to_tensor(values)


def softmax(scores):
    shifted = np.exp(scores - scores.max())
    return shifted / shifted.sum()


def one_head(keys, values, query, scale):
    weights = softmax(keys @ query / scale)
    return weights @ values, weights


def reference(kind, layer, h, heads):
    """The equations of the docstring for one example without padding, in float64."""
    h = h.astype(np.float64)
    query = layer.query.numpy().astype(np.float64)
    if kind == "dot":
        return one_head(h, h, query[0], np.sqrt(FEATURES))
    if kind == "additive":
        kernel, bias = (w.astype(np.float64) for w in layer.hidden.get_weights())
        return one_head(np.tanh(h @ kernel + bias), h, query[0], 1.0)
    keys, values = h @ layer.key.get_weights()[0], h @ layer.value.get_weights()[0]
    width = FEATURES // heads
    parts = [slice(i * width, (i + 1) * width) for i in range(heads)]
    answers = [
        one_head(keys[:, part], values[:, part], query[i], np.sqrt(width))
        for i, part in enumerate(parts)
    ]
    pooled, weights = zip(*answers, strict=True)
    return np.concatenate(pooled), np.mean(weights, axis=0)


@pytest.mark.parametrize(
    ("kind", "heads"),
    [("dot", 1), ("additive", 1), ("multi_head", 1), ("multi_head", 2), ("multi_head", 3)],
)
def test_pooling_follows_its_equations(kind, heads, states, where):
    layer = AttentionPooling(kind, heads)
    layer(states, where)
    noise = np.random.default_rng(1)  # away from the zeros of an initial bias
    layer.set_weights([w + noise.normal(size=w.shape) for w in layer.get_weights()])
    pooled, weights = layer(states, where)
    for i, length in enumerate(LENGTHS):
        expected, attention = reference(kind, layer, states[i, :length], heads)
        np.testing.assert_allclose(pooled[i], expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(weights[i, :length], attention, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ASKING)
def test_attention_sums_to_one_and_is_exactly_nothing_at_padding(kind, states, where):
    _, weights = AttentionPooling(kind, 2)(states, where)
    weights = keras.ops.convert_to_numpy(weights)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-6)
    assert (weights[~where] == 0).all()
    assert (weights[where] > 0).all()


@pytest.mark.parametrize("kind", ASKING)
def test_what_lies_at_padding_does_not_matter(kind, states, where):
    layer = AttentionPooling(kind, 2)
    pooled, weights = layer(states, where)
    other = np.where(where[:, :, None], states, 1e6).astype(np.float32)
    pooled_other, weights_other = layer(other, where)
    np.testing.assert_array_equal(pooled, pooled_other)
    np.testing.assert_array_equal(weights, weights_other)


def test_heads_count_only_for_multi_head(states, where):
    layer = AttentionPooling("dot", heads=4)
    layer(states, where)
    assert layer.query.shape == (1, FEATURES)


def test_the_layer_is_made_again_from_its_configuration(states, where):
    layer = AttentionPooling("multi_head", 3)
    layer(states, where)
    again = AttentionPooling.from_config(layer.get_config())
    again(states, where)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(layer(states, where)[0], again(states, where)[0])


@pytest.mark.parametrize("kind", ASKING)
def test_attention_works_under_mixed_precision(kind, states, where):
    layer = AttentionPooling(kind, 2, dtype="mixed_float16")
    pooled, weights = layer(states, where)
    assert pooled.dtype == "float16"
    assert weights.dtype == "float32"
    full = AttentionPooling(kind, 2)
    full(states, where)
    full.set_weights(layer.get_weights())
    np.testing.assert_allclose(pooled, full(states, where)[0], rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("kind", ASKING)
@pytest.mark.parametrize("scale", [1, 300])
def test_pieces_are_pooled_as_the_whole(kind, scale, states, where):
    layer = AttentionPooling(kind, 2)
    pooled, weights = layer(states * scale, where)
    carried = layer.initial_states(BATCH)
    for begin, end in [(0, 1), (1, 3), (3, TIME)]:  # the last row has nothing in two of them
        part = states[:, begin:end] * scale
        found, at, carried = layer.read(part, where[:, begin:end], carried)
    np.testing.assert_allclose(found, pooled, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(at, weights[:, 3:], rtol=1e-5, atol=1e-6)
    specs = layer.state_specs()
    assert all(spec.is_compatible_with(state) for spec, state in zip(specs, carried, strict=True))


def test_the_gradient_of_a_pooling_is_that_of_a_softmax(states, where):
    layer = AttentionPooling("dot")
    layer(states, where)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(states, where)[0] ** 2)
    found = tape.gradient(loss, layer.query.value)
    with tf.GradientTape() as tape:
        scores = tf.einsum("btd,d->bt", states, layer.query.value[0]) / FEATURES**0.5
        weights = tf.nn.softmax(tf.where(where, scores, -1e9))
        loss = tf.reduce_sum(tf.einsum("bt,btd->bd", weights, states) ** 2)
    np.testing.assert_allclose(found, tape.gradient(loss, layer.query.value), rtol=1e-4)
