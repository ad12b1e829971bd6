"""What the Transformer's encoder and decoder share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.transformer.attention import penalty
from models.layers.transformer.block import Shape, TransformerBlock, layer_norm
from models.layers.transformer.positions import count_steps, sinusoids
from models.spec import ModelSpec


class Transformer(keras.layers.Layer):
    """Blocks on top of each other, with a cache of keys and values from call to call.

    The states are one bool `[batch, past]`, true at real steps, and for each layer keys and values,
    `[batch, past, units]` each. Streaming gives the same outputs as the whole: padding within a
    chunk stays in the cache, is not attended to, and is not counted by the positions.

    Args:
        units: features of each layer.
        layers: how many.
        attention_heads: of each attention; they share the units evenly.
        dropout: of what each branch of a layer adds.
        l1: penalty on the kernels.
        l2: penalty on the kernels.
        embedded: whether the input is the embedding of tokens. These begin so small that the
            positions would drown them: they are multiplied by sqrt(units) (Vaswani et al. 2017,
            section 3.4). What was measured is left as it is.
    """

    crosses = False
    """Whether the blocks attend to a memory."""
    fields = ("units", "layers", "attention_heads", "dropout", "l1", "l2")
    """The arguments, which are fields of a spec as well."""

    def __init__(
        self,
        units: int,
        layers: int = 1,
        attention_heads: int = 1,
        dropout: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        embedded: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.layers = layers
        self.attention_heads = attention_heads
        self.dropout = dropout
        self.l1 = l1
        self.l2 = l2
        self.embedded = embedded
        shared = (units, attention_heads, self.crosses, dropout, l1, l2)
        self.blocks = [
            TransformerBlock(*shared, dtype=self.dtype_policy, name=f"block_{index}")
            for index in range(layers)
        ]
        self.norm = layer_norm("norm", self.dtype_policy)
        self.projection: keras.layers.Dense | None = None

    @classmethod
    def from_spec(cls, spec: ModelSpec, name: str) -> Transformer:
        """The layers of a network."""
        chosen = {field: getattr(spec, field) for field in cls.fields}
        # Whatever a network reads, what its decoder reads is the tokens that it has written.
        return cls(**chosen, embedded=cls.crosses or spec.input == "tokens", name=name)

    @property
    def width(self) -> int:
        """Features of an output."""
        return self.units

    def build_layers(self, sequence_shape: Shape, memory_shape: Shape | None = None) -> None:
        """Creates the weights; `build` of a layer must name what its own `call` takes.

        Args:
            sequence_shape: `[batch, time, features]`.
            memory_shape: `[batch, steps, features]`, where the blocks cross.
        """
        shape = tuple(sequence_shape)
        if shape[-1] != self.units:
            # A block adds to its input, so that what comes in must be as wide as what goes out.
            # This start keeps its size whatever its width: a single feature is not drowned either.
            self.projection = keras.layers.Dense(
                self.units,
                kernel_initializer="lecun_normal",
                kernel_regularizer=penalty(self.l1, self.l2),
                dtype=self.dtype_policy,
                name="projection",
            )
            self.projection.build(shape)
        shape = (*shape[:-1], self.units)
        for block in self.blocks:
            block.build(shape, memory_shape)
        self.norm.build(shape)

    def run(
        self,
        sequence: KerasTensor,
        mask: KerasTensor | None,
        states: Sequence[KerasTensor] | None,
        causal: bool,
        memory: Sequence[KerasTensor] | None = None,
        memory_where: KerasTensor | None = None,
        training: bool = False,
    ) -> tuple[KerasTensor, KerasTensor | None, list[KerasTensor]]:
        """Goes through all layers.

        Args:
            sequence: float `[batch, time, features]`.
            mask: bool `[batch, time]`, true at real steps; None where all are.
            states: as returned for the chunk before; None at the beginning.
            causal: whether a step sees nothing that comes after it.
            memory: keys and values for each layer, `[batch, steps, units]` each, where the blocks
                cross.
            memory_where: bool, broadcastable to `[batch, time, steps]`, likewise.
            training: whether dropout is drawn.

        Returns:
            outputs: float `[batch, time, units]`.
            attention: float32 `[batch, heads, time, steps]` of the highest layer over the memory.
            states: with the steps of this chunk.
        """
        ops = keras.ops
        batch, time = ops.shape(sequence)[:2]
        real = ops.ones((batch, time), "bool") if mask is None else mask
        before, *caches = states or [None]
        sequence = self._placed(sequence, count_steps(real, before))
        if before is not None:
            real = ops.concatenate([before, real], axis=1)  # [batch, past + time]
        where = real[:, None, :]
        if causal:
            where = ops.logical_and(where, _up_to_itself(time, ops.shape(real)[1]))
        after, attention = [real], None
        for index, block in enumerate(self.blocks):
            own = slice(2 * index, 2 * index + 2)
            past = tuple(caches[own]) if caches else None
            asked = tuple(memory[own]) if memory else None
            sequence, kept, attention = block(
                sequence, where, past, asked, memory_where, training=training
            )
            after += kept
        return self.norm(sequence), attention, after

    def compute_mask(self, *_: object, **__: object) -> None:
        """Masks are explicit arguments everywhere; no implicit mask is propagated."""
        return

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """What `states=None` means: an empty cache."""
        return [tf.zeros([batch_size, 0, *s.shape[2:]], s.dtype) for s in self.state_specs()]

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of the states, batch and past open."""
        cache = tf.TensorSpec([None, None, self.units], self.compute_dtype)
        return [tf.TensorSpec([None, None], tf.bool)] + [cache] * (2 * self.layers)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {field: getattr(self, field) for field in self.fields}
        return super().get_config() | own | {"embedded": self.embedded}

    def _placed(self, sequence: KerasTensor, positions: KerasTensor) -> KerasTensor:
        """The input as wide as the layers, with its positions added."""
        if self.projection is not None:
            sequence = self.projection(sequence)
        if self.embedded:
            sequence = sequence * self.units**0.5
        waves = sinusoids(positions, self.units)
        return sequence + keras.ops.cast(waves, sequence.dtype)

    def _symbolic(self, sequence: KerasTensor) -> tuple[KerasTensor, list[KerasTensor]]:
        """Shapes of outputs and states, known without a trace."""
        kind, batch = self.compute_dtype, sequence.shape[0]
        states = [
            KerasTensor((batch, *spec.shape[1:]), spec.dtype.name) for spec in self.state_specs()
        ]
        return KerasTensor((*sequence.shape[:2], self.units), kind), states


def _up_to_itself(time: int | KerasTensor, total: int | KerasTensor) -> KerasTensor:
    """Bool `[time, total]`: the last `time` of `total` steps see themselves and all before."""
    ops = keras.ops
    own = ops.arange(total - time, total)
    return own[:, None] >= ops.arange(total)
