"""States of all real steps -> one vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.fast import fits
from models.layers.fast import pooling as fast


@keras.saving.register_keras_serializable("unrolled")
class StatePooling(keras.layers.Layer):
    """States of all real steps -> one vector.

    `last` takes the state that has read everything: the last real step of the forward direction
    and the first step of the backward one. `mean` and `max` go over the real steps. Zeros where
    there is no real step.

    Args:
        pooling: `last`, `mean` or `max`.
        bidirectional: whether the second half of the features comes from the backward direction.
    """

    def __init__(self, pooling: str, bidirectional: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True  # the mask is an argument, and the result has no steps
        self.pooling = pooling
        self.bidirectional = bidirectional

    def build(self, states_shape: tuple[int | None, ...], *_: object, **__: object) -> None:
        """Notes the width of states `[batch, time, features]`; there are no weights."""
        self.features = states_shape[-1]

    def call(self, states: KerasTensor, where: KerasTensor) -> KerasTensor:
        """Pools whole sequences.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps, padding on the right.

        Returns:
            float `[batch, features]`.
        """
        if self.pooling == "max" and fits(states):
            return fast.highest(states, where)
        pooled, _, _ = self.read(states, where, self.initial_states(keras.ops.shape(states)[0]))
        if self.pooling == "last" and self.bidirectional:
            half = self.features // 2
            return keras.ops.concatenate([pooled[:, :half], states[:, 0, half:]], axis=-1)
        return pooled

    def read(
        self, states: KerasTensor, where: KerasTensor, before: Sequence[KerasTensor]
    ) -> tuple[KerasTensor, None, list[KerasTensor]]:
        """Pools all steps so far, in one direction: of this chunk and the chunks before it.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps, padding on the right.
            before: states after the chunk before, or `initial_states`.

        Returns:
            pooled: float `[batch, features]`.
            weights: None, there is no attention.
            after: states for the next chunk.
        """
        ops = keras.ops
        real = where[:, :, None]  # [batch, time, 1]
        if self.pooling == "last":
            last = ops.sum(ops.cast(where, "int32"), axis=1) - 1  # [batch]
            at = ops.maximum(last, 0)[:, None, None]
            state = ops.take_along_axis(states, at, axis=1)[:, 0]
            pooled = ops.where((last >= 0)[:, None], state, before[0])
            return pooled, None, [pooled]
        if self.pooling == "max":
            lowest = ops.full_like(states, -float("inf"))
            highest = ops.max(ops.where(real, states, lowest), axis=1)
            highest = ops.maximum(before[0], highest)
            return ops.where(ops.equal(highest, -float("inf")), 0.0, highest), None, [highest]
        added = ops.sum(ops.where(real, ops.cast(states, "float32"), 0.0), axis=1)
        total = before[0] + added
        count = before[1] + ops.sum(ops.cast(real, "float32"), axis=1)  # [batch, 1]
        return ops.cast(total / ops.maximum(count, 1.0), states.dtype), None, [total, count]

    def initial_states(self, batch_size: int | KerasTensor) -> list[KerasTensor]:
        """The states before the first chunk."""
        start = -float("inf") if self.pooling == "max" else 0.0
        return [
            tf.fill([batch_size, spec.shape[1]], tf.cast(start, spec.dtype))
            for spec in self.state_specs()
        ]

    def state_specs(self) -> list[tf.TensorSpec]:
        """What is carried: the last state, the sum and count (float32), or the maximum."""
        if self.pooling == "mean":
            return [tf.TensorSpec([None, width], tf.float32) for width in (self.features, 1)]
        return [tf.TensorSpec([None, self.features], self.compute_dtype)]

    def compute_mask(self, *_: object, **__: object) -> None:
        """None: one vector has no steps to mask."""
        return

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {"pooling": self.pooling, "bidirectional": self.bidirectional}
        return super().get_config() | own
