"""The score functions of attention, and the softmax over their scores."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import KerasTensor

LOWEST = -1e9
"""The score of a masked step, to which a softmax gives a weight of 0."""


def dot(queries: KerasTensor, keys: KerasTensor) -> KerasTensor:
    """Score = q . k (Luong et al. 2015, equation 8).

    Args:
        queries: float `[batch or 1, time, units]`.
        keys: float `[batch, steps, units]`.

    Returns:
        float `[batch, time, steps]`.
    """
    return keras.ops.matmul(queries, keras.ops.swapaxes(keys, -1, -2))


def additive(queries: KerasTensor, keys: KerasTensor, vector: KerasTensor) -> KerasTensor:
    """Score = v . tanh(q + k) (Bahdanau et al. 2015, appendix A.1.2).

    Args:
        queries: float `[batch or 1, time, units]`, projected.
        keys: float `[batch, steps, units]`, projected.
        vector: float `[units]`, the v of the formula.

    Returns:
        float `[batch, time, steps]`.
    """
    hidden = keras.ops.tanh(queries[:, :, None] + keys[:, None])
    return keras.ops.matmul(hidden, vector)


def multi_head(queries: KerasTensor, keys: KerasTensor, heads: int) -> KerasTensor:
    """Score = q . k / sqrt(d) for each head (Vaswani et al. 2017, section 3.2).

    Args:
        queries: float `[batch or 1, time, heads * d]`.
        keys: float `[batch, steps, heads * d]`.
        heads: that share the features evenly.

    Returns:
        float `[batch, heads, time, steps]`.
    """
    scaled = queries * (queries.shape[-1] // heads) ** -0.5
    return dot(split_heads(scaled, heads), split_heads(keys, heads))


SCORES: dict[str, Callable[..., KerasTensor]] = {
    "dot": dot,
    "additive": additive,
    "multi_head": multi_head,
}
"""The score function of each attention."""


def split_heads(features: KerasTensor, heads: int) -> KerasTensor:
    """Float `[batch, steps, heads * d]` -> `[batch, heads, steps, d]`."""
    ops = keras.ops
    shape = (*ops.shape(features)[:2], heads, features.shape[-1] // heads)
    return ops.swapaxes(ops.reshape(features, shape), 1, 2)


def masked_softmax(scores: KerasTensor, mask: KerasTensor) -> KerasTensor:
    """Softmax over the last axis with a weight of exactly 0 at masked steps.

    Args:
        scores: float `[..., steps]`.
        mask: bool, broadcastable to `scores`, true at real steps.

    Returns:
        float32 weights of the shape of `scores`. Each row sums to one, or is all zero where no step
        is real.
    """
    # A large negative number overflows in float16, but not in float32 (tensorflow#59657).
    scores = keras.ops.cast(scores, "float32")
    scores = keras.ops.where(mask, scores, LOWEST)
    # Keras's softmax warns about sequences of one step.
    return tf.nn.softmax(scores, axis=-1) * keras.ops.cast(mask, "float32")
