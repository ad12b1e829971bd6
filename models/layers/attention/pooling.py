"""Attention as pooling: the states of all steps -> their weighted mean."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.attention.scores import LOWEST, SCORES


@keras.saving.register_keras_serializable("unrolled")
class AttentionPooling(keras.layers.Layer):
    """Attention-weighted mean of the states h_t of all steps, by a learned query.

    The scores are those of `models.layers.attention.scores`:

    - `dot`: q . h_t / sqrt(d) (Luong et al. 2015, with the scale of Vaswani et al. 2017);
    - `additive`: v . tanh(W h_t + b), in which b is the projected query (Bahdanau et al. 2015; for
      classification Yang et al. 2016, equations 5 and 6);
    - `multi_head`: a query for each head, over projected states; the heads' means are concatenated
      (Vaswani et al. 2017, section 3.2.2).

    Args:
        attention: one of `SCORES`.
        heads: number of queries of `multi_head`.
    """

    def __init__(self, attention: str, heads: int = 1, **kwargs: object):
        super().__init__(**kwargs)
        self.supports_masking = True  # the mask is an argument, and the result has no steps
        self.attention = attention
        self.heads = heads if attention == "multi_head" else 1

    def build(self, states_shape: tuple[int | None, ...], where_shape: object = None) -> None:
        """Creates the query and the projections for states `[batch, time, features]`."""
        features, policy = states_shape[-1], self.dtype_policy
        if self.attention == "additive":
            self.hidden = keras.layers.Dense(features, dtype=policy, name="hidden")
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
        """Attends to all steps so far: those of this chunk and of the chunks before it.

        The softmax is computed online: its numerator and denominator are carried from chunk to
        chunk, relative to the highest score so far (Milakov & Gimelshein 2018, algorithm 3).

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps.
            before: state after the chunk before, or `initial_states`.

        Returns:
            pooled: float `[batch, features]`.
            weights: float32 `[batch, time]`, of this chunk's steps among all steps so far.
            after: state for the next chunk.
        """
        ops = keras.ops
        scores, values = self._scores(states)  # [batch, heads, time], [batch, time, heads, d]
        # A large negative number overflows in float16, but not in float32 (tensorflow#59657).
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
        """The state before the first chunk, of `batch_size` rows."""
        starts = (LOWEST, 0.0, 0.0)
        return [
            tf.fill([batch_size, *spec.shape[1:]], start)
            for spec, start in zip(self.state_specs(), starts, strict=True)
        ]

    def state_specs(self) -> list[tf.TensorSpec]:
        """Highest score, denominator and numerator of each head, float32."""
        return [tf.TensorSpec([None, self.heads, n]) for n in (1, 1, self.query.shape[1])]

    def compute_mask(self, *_: object, **__: object) -> None:
        """None: one vector has no steps to mask."""
        return

    def get_config(self) -> dict[str, object]:
        """The arguments, for saving."""
        return super().get_config() | {"attention": self.attention, "heads": self.heads}

    def _scores(self, states: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Scores `[batch, heads, time]`, and values `[batch, time, heads, d]`."""
        ops, width = keras.ops, self.query.shape[1]
        query = ops.reshape(self.query, (1, 1, -1))
        score, time = SCORES[self.attention], ops.shape(states)[1]
        keys = values = states
        if self.attention == "dot":
            scores = score(query * width**-0.5, keys)
        elif self.attention == "additive":
            # The projected query is the bias of `hidden`; the weight `query` is the vector v.
            scores = score(ops.zeros_like(query), self.hidden(states), query[0, 0])
        else:
            keys, values = self.key(states), self.value(states)
            scores = score(query, keys, self.heads)
        values = ops.reshape(values, (-1, time, self.heads, width))
        return ops.reshape(scores, (-1, self.heads, time)), values
