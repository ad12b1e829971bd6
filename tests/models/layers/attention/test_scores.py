"""Each score function, and the softmax over the scores."""

import keras
import numpy as np
import pytest

from models.layers.attention.cross import CrossAttention
from models.layers.attention.pooling import AttentionPooling
from models.layers.attention.scores import SCORES, masked_softmax

BATCH, STEPS, UNITS, HEADS = 3, 5, 6, 2
MASK = np.arange(STEPS) < np.array([5, 2, 1])[:, None]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def tensor(values):
    return keras.ops.convert_to_tensor(values)


@pytest.fixture
def states():
    return normal(BATCH, STEPS, UNITS)


def pooling_with(kind, states):
    layer = AttentionPooling(kind, HEADS)
    layer(states, MASK)
    layer.set_weights([normal(*w.shape, seed=seed) for seed, w in enumerate(layer.get_weights())])
    return layer


def equal_cross_attention(pooling, query):
    """Cross-attention whose scores for the query are those of the pooling."""
    layer, identity = CrossAttention(pooling.attention, HEADS), np.eye(UNITS, dtype=np.float32)
    layer.build(query.shape, (BATCH, STEPS, UNITS))
    if pooling.attention == "additive":
        kernel, bias = pooling.hidden.get_weights()
        layer.key.set_weights([kernel])
        layer.query.set_weights([0 * identity, bias])
        layer.score.assign(pooling.query[0])
    if pooling.attention == "multi_head":
        layer.many.query.set_weights([identity])
        for name in ("key", "value"):
            getattr(layer.many, name).set_weights(getattr(pooling, name).get_weights())
        layer.many.output_projection.set_weights([identity])
    return layer


@pytest.mark.parametrize("kind", SCORES)
def test_pooling_and_cross_attention_score_one_query_alike(kind, states):
    pooling = pooling_with(kind, states)
    query = np.broadcast_to(np.reshape(pooling.query, (1, 1, UNITS)), (BATCH, 1, UNITS))
    if kind == "dot":
        query = query / np.sqrt(UNITS, dtype=np.float32)  # pooling scales, cross-attention does not
    pooled, weights = pooling(states, MASK)
    context, cross_weights = equal_cross_attention(pooling, query)(query, states, MASK)
    np.testing.assert_allclose(cross_weights[:, 0], weights, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(context[:, 0], pooled, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("real", [1, 7, 3000])
def test_softmax_over_a_long_mask_is_finite_in_every_type(dtype, real):
    time = 4000
    scores = keras.ops.cast(np.linspace(-60000, 60000, time)[None] / 60000 * 8, dtype)
    where = np.arange(time)[None] < real
    weights = keras.ops.convert_to_numpy(masked_softmax(scores, tensor(where)))
    assert weights.dtype == np.float32
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert (weights[~where] == 0).all()


def test_softmax_bears_the_largest_scores_of_float16():
    scores = keras.ops.cast([[65504.0, -65504.0, 65504.0]], "float16")
    weights = masked_softmax(scores, tensor([[True, True, False]]))
    np.testing.assert_array_equal(weights, [[1, 0, 0]])


def test_a_row_of_padding_alone_gives_zeros_and_no_nan():
    weights = masked_softmax(tensor([[1.0, 2.0, 3.0]]), tensor([[False] * 3]))
    np.testing.assert_array_equal(weights, np.zeros((1, 3)))
