"""The Transformers in training: every weight learns, dropout, penalties, half precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.transformer import TransformerDecoder, TransformerStack
from models.layers.transformer.attention import MultiHeadAttention
from models.layers.transformer.positions import sinusoids

UNITS, TIME = 6, 5
RANDOM = np.random.default_rng(0)
SEQUENCE = RANDOM.normal(size=(3, TIME, 4)).astype(np.float32)
WHERE = np.arange(TIME) < np.array([5, 2, 3])[:, None]


def built(kind, **changes):
    keras.utils.set_random_seed(3)
    bidirectional = {"bidirectional": True} if kind == "both" else {}
    layer = TransformerDecoder if kind == "decoder" else TransformerStack
    settings = {"units": UNITS, "layers": 2, "attention_heads": 2} | bidirectional | changes
    return layer(**settings, name=kind)


def outputs_of(layer, training=False, sequence=SEQUENCE):
    memory = {"memory": SEQUENCE[:, ::-1], "memory_mask": WHERE}
    crosses = memory if isinstance(layer, TransformerDecoder) else {}
    return layer(sequence, mask=WHERE, training=training, **crosses)


@pytest.mark.parametrize("kind", ["causal", "both", "decoder"])
def test_every_weight_gets_a_finite_gradient(kind):
    layer = built(kind)
    target = tf.random.stateless_normal((3, TIME, UNITS), [1, 2])
    with tf.GradientTape() as tape:
        error = (outputs_of(layer)[0] - target) ** 2
        loss = tf.reduce_sum(tf.boolean_mask(error, WHERE))
    gradients = tape.gradient(loss, layer.trainable_weights)
    assert len(gradients) == {"causal": 28, "both": 28, "decoder": 40}[kind]
    for weight, gradient in zip(layer.trainable_weights, gradients, strict=True):
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 1e-4, weight.path


@pytest.mark.parametrize("branch", ["attention", "cross_attention", "feed_forward"])
def test_dropout_is_drawn_in_each_branch_and_in_training_alone(branch):
    layer = built("decoder", layers=1, dropout=0.5)
    outputs_of(layer)
    for weight in layer.weights:
        name, kind = weight.path.split("/")[-2:]
        added = name == "feed_forward" or "attention/output" in weight.path
        if added and kind == "kernel" and f"/{branch}/" not in weight.path:
            weight.assign(tf.zeros_like(weight))  # the other branches add nothing
    calm = outputs_of(layer)[0]
    np.testing.assert_array_equal(calm, outputs_of(layer)[0])
    drawn, again = (outputs_of(layer, training=True)[0] for _ in range(2))
    assert np.abs(drawn - calm).max() > 0.1
    assert np.abs(drawn - again).max() > 0.1


def test_dropout_takes_from_the_branches_and_not_from_the_way_around_them():
    layer = built("causal", dropout=0.5)
    layer.build(SEQUENCE.shape)
    for weight in layer.weights:
        if weight.path.endswith(("output/kernel", "feed_forward/kernel")):
            weight.assign(tf.zeros_like(weight))  # no branch adds anything
    np.testing.assert_array_equal(outputs_of(layer)[0], outputs_of(layer, training=True)[0])


@pytest.mark.parametrize(("kind", "kernels"), [("causal", 13), ("decoder", 21)])
def test_penalties_of_all_kernels_enter_the_losses(kind, kernels):
    layer = built(kind, l1=0.1, l2=0.2)
    outputs_of(layer)
    found = [np.asarray(w) for w in layer.weights if w.path.endswith("kernel")]
    assert len(found) == kernels
    expected = sum(0.1 * np.abs(w).sum() + 0.2 * (w**2).sum() for w in found)
    assert float(sum(layer.losses)) == pytest.approx(float(expected), rel=1e-5)
    plain = built(kind)
    outputs_of(plain)
    assert plain.losses == []


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["causal", "both", "decoder"])
def test_half_precision_stays_finite_and_close_and_attends_in_float32(kind, policy):
    half, exact = built(kind, dtype=policy), built(kind)
    expected = outputs_of(exact)
    outputs_of(half)
    half.set_weights(exact.get_weights())
    found = outputs_of(half)
    kinds = [spec.dtype for spec in half.state_specs()]
    assert [state.dtype for state in found[-1]] == kinds
    assert found[0].dtype == half.compute_dtype
    assert kinds[1:] in ([], 4 * [tf.as_dtype(half.compute_dtype)])
    tolerance = 0.15 if "bfloat16" in policy else 0.02
    np.testing.assert_allclose(tf.cast(found[0], "float32"), expected[0], rtol=0, atol=tolerance)
    if kind == "decoder":
        assert found[1].dtype == "float32"
        np.testing.assert_allclose(np.sum(found[1], axis=-1), 1, rtol=0, atol=1e-6)
        np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=tolerance)
    large = outputs_of(half, sequence=SEQUENCE * 1000)
    assert np.isfinite(tf.cast(large[0], "float32")).all()


def test_self_attention_takes_its_softmax_in_float32():
    attention = MultiHeadAttention(UNITS, 2, dtype="mixed_float16")
    attention.build((None, None, 4), (None, None, 4))
    keys, values = attention.project(tf.constant(SEQUENCE))
    context, weights = attention(SEQUENCE, keys, values, WHERE[:, None])
    assert (context.dtype, weights.dtype) == ("float16", "float32")
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1, rtol=0, atol=1e-6)


def test_positions_stay_whole_numbers_in_half_precision():
    # Beyond 2048 float16 holds every other number only: steps 2048 and 2049 would be one.
    waves = np.asarray(sinusoids(tf.constant([[2048, 2049, 100_001]]), 4))[0]
    assert waves.dtype == np.float32
    steps = np.array([[2048], [2049], [100_001]])
    angles = steps / np.array([1, 100])
    np.testing.assert_allclose(waves, np.hstack([np.sin(angles), np.cos(angles)]), atol=0.01)
