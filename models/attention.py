"""Attention over a sequence of states. Always masked; the softmax is always float32."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import KerasTensor

LOWEST = -1e9
"""A score that no step can have: what the softmax gives nothing."""


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
    scores = keras.ops.where(where, scores, LOWEST)
    # That of Keras warns of a sequence of one step.
    return tf.nn.softmax(scores, axis=-1) * keras.ops.cast(where, "float32")


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
        """Attends to whole sequences.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps.

        Returns:
            pooled: float `[batch, features]`; zeros where there is no real step.
            weights: float32 `[batch, time]`, the attention (the mean over the heads); sums to one
                over the real steps and is exactly 0 at padding.
        """
        start = self.initial_states(keras.ops.shape(states)[0])
        pooled, weights, _ = self.read(states, where, start)
        return pooled, weights

    def read(
        self, states: KerasTensor, where: KerasTensor, before: Sequence[KerasTensor]
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        """Attends to all that was read, this piece and those before it.

        The softmax goes along with the pieces: numerator and denominator are carried, relative to
        the highest score so far (Milakov & Gimelshein 2018, algorithm 3).

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps.
            before: of the piece before, or `initial_states`.

        Returns:
            pooled: float `[batch, features]`.
            weights: float32 `[batch, time]`: of this piece's steps among all that were read.
            after: for the next piece.
        """
        ops = keras.ops
        scores, values = self._ask(states)  # [batch, heads, time], [batch, time, heads, d]
        # In float16 a large negative number would overflow; float32 holds it (tensorflow#59657).
        scores = ops.where(where[:, None], ops.cast(scores, "float32"), LOWEST)
        highest = ops.maximum(before[0], ops.max(scores, axis=2, keepdims=True))
        highest = ops.stop_gradient(highest)  # what all scores share changes no weight
        fading = ops.exp(before[0] - highest)  # [batch, heads, 1]
        shares = ops.where(where[:, None], ops.exp(scores - highest), 0.0)
        total = before[1] * fading + ops.sum(shares, axis=2, keepdims=True)
        added = ops.einsum("bht,bthd->bhd", ops.cast(shares, values.dtype), values)
        gathered = before[2] * fading + ops.cast(added, "float32")  # [batch, heads, d]
        divisor = ops.where(total > 0, total, 1.0)
        pooled = ops.reshape(gathered / divisor, (-1, states.shape[-1]))
        weights = ops.mean(shares / divisor, axis=1)
        return ops.cast(pooled, values.dtype), weights, [highest, total, gathered]

    def initial_states(self, batch_size: int | KerasTensor) -> list[KerasTensor]:
        """Nothing has been read yet."""
        starts = (LOWEST, 0.0, 0.0)
        return [
            tf.fill([batch_size, *spec.shape[1:]], start)
            for spec, start in zip(self.state_specs(), starts, strict=True)
        ]

    def state_specs(self) -> list[tf.TensorSpec]:
        """What is carried: highest score, denominator and numerator of each head, float32."""
        return [tf.TensorSpec([None, self.heads, n]) for n in (1, 1, self.query.shape[1])]

    def compute_mask(self, *_: object, **__: object) -> None:
        """One vector has no steps to mask."""
        return

    def get_config(self) -> dict[str, object]:
        """The arguments, for saving."""
        return super().get_config() | {"attention": self.attention, "heads": self.heads}

    def _ask(self, states: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Scores `[batch, heads, time]` of the steps, and what is to be weighted by them."""
        ops = keras.ops
        width = self.query.shape[1]
        keys, values = states, states
        if self.attention == "additive":
            keys = self.hidden(states)
        elif self.attention == "multi_head":
            keys, values = self.key(states), self.value(states)
        split = (-1, ops.shape(states)[1], self.heads, width)
        keys, values = ops.reshape(keys, split), ops.reshape(values, split)  # [batch, time, h, d]
        scores = ops.einsum("bthd,hd->bht", keys, self.query)
        return scores if self.attention == "additive" else scores / math.sqrt(width), values
