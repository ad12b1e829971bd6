"""Recurrent layers on top of each other, and how their states become one vector."""

from __future__ import annotations

import keras
from keras import KerasTensor

from models.spec import ModelSpec

LAYERS = {
    "simple_rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}


def recurrent_layer(spec: ModelSpec, index: int) -> keras.layers.Layer:
    """One layer of the stack, with states for every step.

    Args:
        spec: cell, units, direction and penalties.
        index: 0 for the lowest layer.
    """
    penalty = keras.regularizers.L1L2(spec.l1, spec.l2) if spec.l1 or spec.l2 else None
    layer = LAYERS[spec.cell](
        spec.units,
        return_sequences=True,
        kernel_regularizer=penalty,
        recurrent_regularizer=penalty,
        name=f"{spec.cell}_{index}",
    )
    if spec.bidirectional:
        return keras.layers.Bidirectional(layer, name=f"bidirectional_{index}")
    return layer


def recurrent_stack(spec: ModelSpec, sequence: KerasTensor, mask: KerasTensor) -> KerasTensor:
    """All layers of the stack, with dropout between them and, if asked, residual connections.

    Args:
        spec: of the network.
        sequence: float32 `[batch, time, features]`.
        mask: bool `[batch, time]`.

    Returns:
        States of the highest layer, float32 `[batch, time, units]`, or `[batch, time, 2 * units]`
        (forward first) where bidirectional.
    """
    for index in range(spec.layers):
        below = sequence
        if index and spec.dropout:
            sequence = keras.layers.Dropout(spec.dropout, name=f"dropout_{index}")(sequence)
        sequence = recurrent_layer(spec, index)(sequence, mask=mask)
        if spec.residual and index:
            sequence = keras.layers.Add(name=f"residual_{index}")([below, sequence])
    return sequence


@keras.saving.register_keras_serializable("unrolled")
class StatePooling(keras.layers.Layer):
    """States of all real steps -> one vector.

    `last` takes the state that has read everything: the last real step of the forward direction
    and the first step of the backward one. `mean` and `max` go over the real steps.

    Args:
        pooling: `last`, `mean` or `max`.
        bidirectional: whether the second half of the features comes from the backward direction.
    """

    def __init__(self, pooling: str, bidirectional: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        self.supports_masking = True  # it is told what is real, and gives one vector
        self.pooling = pooling
        self.bidirectional = bidirectional

    def call(self, states: KerasTensor, where: KerasTensor) -> KerasTensor:
        """Pools.

        Args:
            states: float `[batch, time, features]`.
            where: bool `[batch, time]`, true at real steps; each row has one at least.

        Returns:
            float `[batch, features]`.
        """
        ops = keras.ops
        if self.pooling == "last":
            last = ops.sum(ops.cast(where, "int32"), axis=1) - 1  # [batch]
            forward = ops.take_along_axis(states, last[:, None, None], axis=1)[:, 0]
            if not self.bidirectional:
                return forward
            half = states.shape[-1] // 2
            return ops.concatenate([forward[:, :half], states[:, 0, half:]], axis=-1)
        real = where[:, :, None]  # [batch, time, 1]
        if self.pooling == "max":
            lowest = ops.full_like(states, -float("inf"))
            return ops.max(ops.where(real, states, lowest), axis=1)
        weights = ops.cast(real, states.dtype)
        return ops.sum(states * weights, axis=1) / ops.sum(weights, axis=1)

    def compute_mask(self, *_: object, **__: object) -> None:
        """One vector has no steps to mask."""
        return

    def get_config(self) -> dict[str, object]:
        """The arguments, for saving."""
        own = {"pooling": self.pooling, "bidirectional": self.bidirectional}
        return super().get_config() | own
