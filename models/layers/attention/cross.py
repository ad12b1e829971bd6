"""Attention of a decoder over a memory, the outputs of its encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor

from models.layers.attention.scores import SCORES, masked_softmax
from models.layers.transformer.attention import MultiHeadAttention

Shape = tuple[Any, ...]
"""Of a tensor, None for open dimensions."""


@keras.saving.register_keras_serializable("unrolled")
class CrossAttention(keras.layers.Layer):
    """Attention-weighted mean of a memory, for each query.

    The scores of a query q and the steps m_s of the memory are those of
    `models.layers.attention.scores`:

    - `dot`: q . m_s, or q . W m_s where their widths differ (Luong et al. 2015, equation 8, `dot`
      and `general`). Without the scale of Vaswani et al. (2017): the states of a recurrence lie
      within (-1, 1), and smaller scores would keep the weights uniform for long;
    - `additive`: v . tanh(W q + U m_s + b) (Bahdanau et al. 2015, appendix A.1.2);
    - `multi_head`: Vaswani et al. 2017, section 3.2.2;

    weights = softmax(scores), context = sum over s of weights_s m_s; with `multi_head` the heads'
    contexts are concatenated and projected by W_O.

    Args:
        attention: one of `SCORES`.
        heads: of `multi_head`; they share the features of a query evenly.
    """

    def __init__(self, attention: str, heads: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention = attention
        self.heads = heads
        self.key: keras.layers.Dense | None = None

    def build(self, queries_shape: Shape, memory_shape: Shape) -> None:
        """Creates the weights for queries and memories, `[batch, steps, features]` each."""
        units, policy = queries_shape[-1], self.dtype_policy
        if self.attention == "multi_head":
            self.many = MultiHeadAttention(units, self.heads, dtype=policy, name="many")
            self.many.build(queries_shape, memory_shape)
            return
        if self.attention == "additive" or memory_shape[-1] != units:
            self.key = keras.layers.Dense(units, use_bias=False, dtype=policy, name="key")
            self.key.build(memory_shape)
        if self.attention == "additive":
            self.query = keras.layers.Dense(units, dtype=policy, name="query")
            self.query.build(queries_shape)
            self.score = self.add_weight(
                shape=(units,),
                initializer=keras.initializers.RandomNormal(stddev=units**-0.5),
                name="score",
            )

    def project(self, memory: KerasTensor) -> list[KerasTensor]:
        """Keys and values of a memory, which are the same for all queries.

        Args:
            memory: float `[batch, steps, features]`.

        Returns:
            The keys and the values, `[batch, steps, ...]` each; one tensor where they are the same.
        """
        if self.attention == "multi_head":
            return [*self.many.project(memory)]
        return [memory] if self.key is None else [self.key(memory), memory]

    def attend(
        self, queries: KerasTensor, projected: Sequence[KerasTensor], memory_mask: KerasTensor
    ) -> tuple[KerasTensor, KerasTensor]:
        """Attends to a memory that was projected by `project`; otherwise as `call`.

        The mask may also be `[batch, time, steps]`, one for each query.
        """
        ops = keras.ops
        keys, values = projected[0], projected[-1]
        per_query = len(memory_mask.shape) == 3
        mask = memory_mask if per_query else memory_mask[:, None]  # [batch, 1 or time, steps]
        if self.attention == "multi_head":
            context, weights = self.many(queries, keys, values, mask)
            return context, ops.mean(weights, axis=1)
        own = ()
        if self.attention == "additive":
            queries, own = self.query(queries), (self.score,)
        weights = masked_softmax(SCORES[self.attention](queries, keys, *own), mask)
        return ops.matmul(ops.cast(weights, values.dtype), values), weights

    def call(
        self, queries: KerasTensor, memory: KerasTensor, memory_mask: KerasTensor
    ) -> tuple[KerasTensor, KerasTensor]:
        """Attends to a memory.

        Args:
            queries: float `[batch, time, features]`.
            memory: float `[batch, steps, features]`.
            memory_mask: bool `[batch, steps]`, true at real steps.

        Returns:
            context: float `[batch, time, features]`, as wide as the memory, or, with `multi_head`,
                as a query. Zeros where the memory has no real step.
            weights: float32 `[batch, time, steps]`, the attention (the mean over the heads); sums
                to one over the real steps and is exactly 0 at padding.
        """
        return self.attend(queries, self.project(memory), memory_mask)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"attention": self.attention, "heads": self.heads}
