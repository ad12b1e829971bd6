"""Multi-head attention whose keys and values can be kept from one call to the next."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor

from models.layers.attention.scores import masked_softmax, multi_head, split_heads

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable("unrolled")
class MultiHeadAttention(keras.layers.Layer):
    """MultiHead(Q, K, V) of Vaswani et al. (2017), section 3.2.2, its projections without biases.

    For each head i: softmax(Q_i K_i' / sqrt(d)) V_i, the results side by side and mixed by W_O.
    Keras's own layer projects keys and values anew in each call and takes its softmax in the
    precision of the network; here `project` and `call` are apart, and the softmax is float32.

    Args:
        units: features of queries, keys, values and answers.
        heads: that share the units evenly.
        l1: penalty on the kernels.
        l2: penalty on the kernels.
    """

    def __init__(self, units: int, heads: int, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.l1 = l1
        self.l2 = l2
        self.query, self.key, self.value, self.output_projection = (
            keras.layers.Dense(
                units,
                use_bias=False,  # of a key it would do nothing: a softmax ignores what all share
                kernel_regularizer=penalty(l1, l2),
                dtype=self.dtype_policy,
                name=name,
            )
            for name in ("query", "key", "value", "output")
        )

    def build(self, queries_shape: Shape, keys_shape: Shape) -> None:
        """Creates the weights.

        Args:
            queries_shape: of what asks.
            keys_shape: of what is asked, before `project`.
        """
        self.query.build(queries_shape)
        self.key.build(keys_shape)
        self.value.build(keys_shape)
        self.output_projection.build((*queries_shape[:-1], self.units))

    def project(self, memory: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Keys and values of what will be asked.

        Args:
            memory: float `[batch, steps, features]`.

        Returns:
            Keys and values, `[batch, steps, units]` each.
        """
        return self.key(memory), self.value(memory)

    def call(
        self, queries: KerasTensor, keys: KerasTensor, values: KerasTensor, where: KerasTensor
    ) -> tuple[KerasTensor, KerasTensor]:
        """Attends.

        Args:
            queries: float `[batch, time, features]`.
            keys: `[batch, steps, units]`, of `project`.
            values: `[batch, steps, units]`, of `project`.
            where: bool, broadcastable to `[batch, time, steps]`, true where a query may look.

        Returns:
            context: `[batch, time, units]`; of a query that may look nowhere, zeros.
            weights: float32 `[batch, heads, time, steps]`; each row sums to one, or is all zero
                where the query may look nowhere.
        """
        ops = keras.ops
        scores = multi_head(self.query(queries), keys, self.heads)
        weights = masked_softmax(scores, where[:, None])
        values = split_heads(values, self.heads)
        context = ops.matmul(ops.cast(weights, values.dtype), values)  # [batch, heads, time, d]
        context = ops.swapaxes(context, 1, 2)
        context = ops.reshape(context, (*ops.shape(context)[:2], self.units))
        return self.output_projection(context), weights

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {"units": self.units, "heads": self.heads, "l1": self.l1, "l2": self.l2}
        return super().get_config() | own


def penalty(l1: float, l2: float) -> keras.regularizers.Regularizer | None:
    """What a kernel costs, if anything."""
    return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
