"""Attention over a sequence of states. Always masked; the softmax is always float32."""

from __future__ import annotations

import math

import keras
from keras import KerasTensor


def masked_softmax(scores: KerasTensor, where: KerasTensor) -> KerasTensor:
    """Softmax over the last axis that gives padding exactly nothing.

    Args:
        scores: float `[..., time]`, of any float type.
        where: bool, broadcastable to `scores`, true at real steps.

    Returns:
        float32 weights of the shape of `scores`; each row sums to one.
    """
    # In float16 a large negative number would overflow; float32 holds it (tensorflow#59657).
    scores = keras.ops.cast(scores, "float32")
    scores = keras.ops.where(where, scores, -1e9)
    return keras.ops.softmax(scores, axis=-1) * keras.ops.cast(where, "float32")


@keras.saving.register_keras_serializable("unrolled")
class AttentionPooling(keras.layers.Layer):
    """States of all steps -> their attention-weighted mean.

    A learned query asks which states matter:
    `dot`: score_t = q . h_t / sqrt(d) (Luong et al. 2015, with the scale of Vaswani et al. 2017);
    `additive`: score_t = v . tanh(W h_t + b) (Bahdanau et al. 2015; for classification Yang et
    al. 2016, eq. 5-6); `multi_head`: several `dot` queries, each over its own projection of the
    states, whose results are concatenated (Vaswani et al. 2017, section 3.2.2).

    Args:
        attention: `dot`, `additive` or `multi_head`.
        heads: number of queries of `multi_head`.
    """

    def __init__(self, attention: str, heads: int = 1, **kwargs: object):
        super().__init__(**kwargs)
        self.supports_masking = True  # it is told what is real, and gives one vector
        self.attention = attention
        self.heads = heads if attention == "multi_head" else 1

    def build(self, states_shape: tuple[int | None, ...], where_shape: object = None) -> None:
        """Creates the query and the projections for states `[batch, time, features]`."""
        features, policy = states_shape[-1], self.dtype_policy
        if self.attention == "additive":
            self.hidden = keras.layers.Dense(
                features, activation="tanh", dtype=policy, name="hidden"
            )
            self.hidden.build(states_shape)
        if self.attention == "multi_head":
            self.key = keras.layers.Dense(features, use_bias=False, dtype=policy, name="key")
            self.value = keras.layers.Dense(features, use_bias=False, dtype=policy, name="value")
            self.key.build(states_shape)
            self.value.build(states_shape)
        self.query = self.add_weight(
            shape=(self.heads, features // self.heads), initializer="glorot_uniform", name="query"
        )

    def call(self, states: KerasTensor, where: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Attends.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps; each row has one at least.

        Returns:
            pooled: float `[batch, features]`.
            weights: float32 `[batch, time]`, the attention (the mean over the heads); sums to one
                over the real steps and is exactly 0 at padding.
        """
        ops = keras.ops
        features = states.shape[-1]
        keys, values = states, states
        if self.attention == "additive":
            keys = self.hidden(states)
        elif self.attention == "multi_head":
            keys, values = self.key(states), self.value(states)
        split = (-1, ops.shape(states)[1], self.heads, features // self.heads)
        keys, values = ops.reshape(keys, split), ops.reshape(values, split)  # [batch, time, h, d]
        scores = ops.einsum("bthd,hd->bht", keys, self.query)
        if self.attention != "additive":
            scores = scores / math.sqrt(features // self.heads)
        weights = masked_softmax(scores, where[:, None, :])  # [batch, heads, time]
        pooled = ops.einsum("bht,bthd->bhd", ops.cast(weights, values.dtype), values)
        return ops.reshape(pooled, (-1, features)), ops.mean(weights, axis=1)

    def compute_mask(self, *_: object, **__: object) -> None:
        """One vector has no steps to mask."""
        return

    def get_config(self) -> dict[str, object]:
        """The arguments, for saving."""
        return super().get_config() | {"attention": self.attention, "heads": self.heads}
