"""One layer of a Transformer: look at the other steps, at the memory, think it over."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor

from models.layers.transformer.attention import MultiHeadAttention, Shape, penalty

WIDENING = 4
"""How much wider the hidden layer of the feed-forward part is (Vaswani et al. 2017, 3.3)."""

Pair = tuple[KerasTensor, KerasTensor]


def layer_norm(name: str, policy: keras.DTypePolicy) -> keras.layers.LayerNormalization:
    """The normalisation of a Transformer (Ba et al. 2016).

    Keras's own epsilon, 0.001, is as large as the variance of a young embedding.
    """
    return keras.layers.LayerNormalization(epsilon=1e-6, dtype=policy, name=name)


@keras.saving.register_keras_serializable("unrolled")
class TransformerBlock(keras.layers.Layer):
    """A pre-norm block (Vaswani et al. 2017, figure 1, in the order of Xiong et al. 2020, table 1).

    x = x + dropout(attention(norm(x), itself)); in a decoder x = x + dropout(attention(norm(x),
    memory)); x = x + dropout(W_2 gelu(W_1 norm(x) + b_1) + b_2), with the GELU of Hendrycks &
    Gimpel (2016). With the norms inside the branches it trains without a long warm-up.

    Args:
        units: features of its input and output.
        heads: of each attention.
        crosses: whether it attends to a memory as well.
        dropout: of what each branch adds.
        l1: penalty on the kernels.
        l2: penalty on the kernels.
    """

    def __init__(
        self,
        units: int,
        heads: int,
        crosses: bool = False,
        dropout: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.crosses = crosses
        self.dropout = dropout
        self.l1 = l1
        self.l2 = l2
        policy = self.dtype_policy
        self.norm = layer_norm("norm", policy)
        self.attention = self._attention("attention")
        if crosses:
            self.cross_norm = layer_norm("cross_norm", policy)
            self.cross_attention = self._attention("cross_attention")
        self.feed_forward_norm = layer_norm("feed_forward_norm", policy)
        self.hidden = self._dense(WIDENING * units, "hidden", "gelu")
        self.feed_forward = self._dense(units, "feed_forward")
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="dropout")

    def build(self, sequence_shape: Shape, memory_shape: Shape | None = None) -> None:
        """Creates the weights for sequences `[batch, time, units]` and memories."""
        shape = tuple(sequence_shape)
        self.norm.build(shape)
        self.attention.build(shape, shape)
        if self.crosses:
            self.cross_norm.build(shape)
            self.cross_attention.build(shape, memory_shape)
        self.feed_forward_norm.build(shape)
        self.hidden.build(shape)
        self.feed_forward.build((*shape[:-1], WIDENING * self.units))

    def call(
        self,
        sequence: KerasTensor,
        where: KerasTensor,
        past: Pair | None = None,
        memory: Pair | None = None,
        memory_where: KerasTensor | None = None,
        training: bool = False,
    ) -> tuple[KerasTensor, Pair, KerasTensor | None]:
        """Goes through the layer.

        Args:
            sequence: float `[batch, time, units]`.
            where: bool, broadcastable to `[batch, time, past + time]`, true where a step may look.
            past: keys and values of the steps before, `[batch, past, units]` each.
            memory: keys and values of the memory, `[batch, steps, units]` each, where it crosses.
            memory_where: bool, broadcastable to `[batch, time, steps]`, likewise.
            training: whether dropout is drawn.

        Returns:
            sequence: `[batch, time, units]`.
            kept: keys and values of all steps so far, `[batch, past + time, units]` each.
            attention: float32 `[batch, heads, time, steps]` over the memory; None without one.
        """
        normed = self.norm(sequence)
        keys, values = self.attention.project(normed)
        if past is not None:
            keys = keras.ops.concatenate([past[0], keys], axis=1)
            values = keras.ops.concatenate([past[1], values], axis=1)
        context, _ = self.attention(normed, keys, values, where)
        sequence = sequence + self.drop(context, training=training)
        weights = None
        if memory is not None:
            asking = self.cross_norm(sequence)
            context, weights = self.cross_attention(asking, *memory, memory_where)
            sequence = sequence + self.drop(context, training=training)
        thought = self.feed_forward(self.hidden(self.feed_forward_norm(sequence)))
        return sequence + self.drop(thought, training=training), (keys, values), weights

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        fields = ("units", "heads", "crosses", "dropout", "l1", "l2")
        return super().get_config() | {field: getattr(self, field) for field in fields}

    def _attention(self, name: str) -> MultiHeadAttention:
        return MultiHeadAttention(
            self.units, self.heads, self.l1, self.l2, dtype=self.dtype_policy, name=name
        )

    def _dense(self, width: int, name: str, activation: str | None = None) -> keras.layers.Dense:
        return keras.layers.Dense(
            width,
            activation=activation,
            kernel_regularizer=penalty(self.l1, self.l2),
            dtype=self.dtype_policy,
            name=name,
        )
