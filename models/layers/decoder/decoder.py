"""A decoder of recurrent layers, with attention over the outputs of the encoder."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.attention.cross import CrossAttention, Shape
from models.layers.decoder.input_feeding import feed
from models.layers.fast import feeding
from models.layers.stack import RecurrentStack
from models.layers.transformer import TransformerDecoder
from models.spec import ModelSpec


def make_decoder(spec: ModelSpec, name: str = "decoder") -> keras.layers.Layer:
    """The layers that write a sequence, of whatever cell.

    Both kinds are called as `decoder(sequence, mask=, states=, memory=, memory_mask=)`, give
    `(outputs, attention, states)`, and have `width`, `project`, `initial_states` and
    `state_specs`: see `RecurrentDecoder`.

    Args:
        spec: of the network.
        name: of the layer.
    """
    if spec.cell == "transformer":
        return TransformerDecoder.from_spec(spec, name)
    return RecurrentDecoder.from_spec(spec, name)


@keras.saving.register_keras_serializable("unrolled")
class RecurrentDecoder(keras.layers.Layer):
    """Recurrent layers that write a sequence, and attend to a memory while they do.

    Without attention it is its stack: all that it knows of the input is in its initial states
    (Sutskever et al. 2014; Cho et al. 2014). With attention, each state h_t of the highest layer is
    a query to the memory, and the output is the attentional state a_t = tanh(W [c_t; h_t]), with
    the context c_t (Luong et al. 2015, equation 5). All queries are computed at once, after the
    recurrence. With input feeding a_t is concatenated to the next input: see
    `models.layers.decoder.input_feeding`.

    Args:
        stack: the layers, which read in one direction.
        attention: `none`, or of `CrossAttention`.
        heads: of `multi_head` attention.
        input_feeding: whether each step reads the attentional state of the last one.
    """

    def __init__(
        self,
        stack: RecurrentStack,
        attention: str = "none",
        heads: int = 1,
        input_feeding: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.stack = stack
        self.attention = attention
        self.heads = heads
        self.input_feeding = input_feeding
        if attention != "none":
            policy = self.dtype_policy
            self.cross = CrossAttention(attention, heads, dtype=policy, name="cross_attention")
            self.attentional = keras.layers.Dense(
                stack.units, "tanh", use_bias=False, dtype=policy, name="attentional"
            )

    @classmethod
    def from_spec(cls, spec: ModelSpec, name: str) -> RecurrentDecoder:
        """The decoder of a network; it reads in one direction, whatever its encoder does."""
        stack = RecurrentStack.from_spec(dataclasses.replace(spec, bidirectional=False), "stack")
        return cls(stack, spec.attention, spec.attention_heads, spec.input_feeding, name=name)

    @property
    def width(self) -> int:
        """Features of an output."""
        return self.stack.units

    def build(self, sequence_shape: Shape, memory_shape: Shape | None = None) -> None:
        """Creates the weights for sequences and memories, `[batch, steps, features]` each.

        Raises:
            ValueError: there is attention, and nothing to attend to.
        """
        *steps, features = sequence_shape
        if not self.stack.built:
            fed = self.width if self.input_feeding else 0
            self.stack.build((*steps, features + fed))
        if self.attention == "none":
            return
        memory_shape = tuple(self._needed(memory_shape))
        self.cross.build((*steps, self.width), memory_shape)
        context = self.width if self.attention == "multi_head" else memory_shape[-1]
        self.attentional.build((*steps, context + self.width))

    def project(self, memory: KerasTensor) -> list[KerasTensor]:
        """Keys and values of a memory `[batch, steps, features]`, for `call`."""
        return self.cross.project(memory)

    def call(
        self,
        sequence: KerasTensor,
        mask: KerasTensor | None = None,
        states: Sequence[KerasTensor] | None = None,
        memory: KerasTensor | Sequence[KerasTensor] | None = None,
        memory_mask: KerasTensor | None = None,
        training: bool = False,
    ) -> tuple[KerasTensor, KerasTensor | None, list[KerasTensor]]:
        """Writes.

        Args:
            sequence: float `[batch, time, features]`, what was written before each step.
            mask: bool `[batch, time]`, true at real steps; None where all are.
            states: to start from, or as returned for the steps before; None for zeros.
            memory: float `[batch, steps, features]`, the encoder's outputs, or what `project` made
                of them; ignored without attention.
            memory_mask: bool `[batch, steps]`, true at real steps; None where all are.
            training: whether dropout is drawn.

        Returns:
            outputs: float `[batch, time, units]`.
            attention: float32 `[batch, time, steps]`; None without attention.
            states: after the last real step, float `[batch, units]` each: of the stack, and with
                input feeding the attentional state at the end.

        Raises:
            ValueError: there is attention, and nothing to attend to.
        """
        if self.attention == "none":
            outputs, after = self.stack(sequence, mask=mask, states=states, training=training)
            return outputs, None, after
        memory = self._needed(memory)
        projected = memory if isinstance(memory, list | tuple) else self.project(memory)
        if memory_mask is None or isinstance(memory_mask, list | tuple):
            # Beside several tensors, Keras fills None in with the list of their own masks.
            memory_mask = keras.ops.ones(keras.ops.shape(projected[0])[:2], "bool")
        if self.input_feeding:
            return self._feed(sequence, mask, states, projected, memory_mask, training)
        hidden, after = self.stack(sequence, mask=mask, states=states, training=training)
        return *self._attend(hidden, projected, memory_mask), after

    def compute_output_spec(
        self,
        sequence: KerasTensor,
        mask: object = None,
        states: object = None,
        memory: KerasTensor | None = None,
        **_: object,
    ) -> tuple[KerasTensor, KerasTensor | None, list[KerasTensor]]:
        """Shapes of `call`'s results, known without a trace of the recurrence."""
        batch, time = sequence.shape[:2]
        states = [KerasTensor((batch, *s.shape[1:]), s.dtype.name) for s in self.state_specs()]
        attention = None
        if self.attention != "none" and memory is not None:
            attention = KerasTensor((batch, time, memory.shape[1]), "float32")
        return KerasTensor((batch, time, self.width), self.compute_dtype), attention, states

    def compute_mask(self, *_: object, **__: object) -> None:
        """Masks are explicit arguments everywhere; no implicit mask is propagated."""
        return

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """What `states=None` means: zeros."""
        return [tf.zeros((batch_size, *s.shape[1:]), s.dtype) for s in self.state_specs()]

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of the states, batch open."""
        fed = [tf.TensorSpec([None, self.width], self.compute_dtype)] * self.input_feeding
        return self.stack.state_specs() + fed

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {
            "stack": keras.saving.serialize_keras_object(self.stack),
            "attention": self.attention,
            "heads": self.heads,
            "input_feeding": self.input_feeding,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> RecurrentDecoder:
        """Makes it again."""
        stack = keras.saving.deserialize_keras_object(config["stack"])
        return cls(**(config | {"stack": stack}))

    def _feed(
        self,
        sequence: KerasTensor,
        mask: KerasTensor | None,
        states: Sequence[KerasTensor] | None,
        projected: Sequence[KerasTensor],
        memory_mask: KerasTensor,
        training: bool,
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        """`call` with input feeding, over a projected memory."""
        rows, steps = keras.ops.shape(sequence)[:2]
        if mask is None:
            mask = keras.ops.ones((rows, steps), "bool")
        before: Any = self.initial_states(rows) if states is None else states
        if feeding.fits(self.stack, self.attention, sequence.shape[1], training):
            layers = (self.stack, self.cross, self.attentional)
            return feeding.feed(*layers, sequence, mask, before, projected, memory_mask)
        attend = partial(self._attend, projected=projected, memory_mask=memory_mask)
        return feed(self.stack, attend, sequence, mask, before, training)

    def _attend(
        self, queries: KerasTensor, projected: Sequence[KerasTensor], memory_mask: KerasTensor
    ) -> tuple[KerasTensor, KerasTensor]:
        """Attentional states `[batch, time, units]` of states, and attention weights."""
        context, weights = self.cross.attend(queries, projected, memory_mask)
        return self.attentional(keras.ops.concatenate([context, queries], axis=-1)), weights

    def _needed(self, memory: Any) -> Any:
        """A memory or its shape, if it is there."""
        if memory is None:
            raise ValueError(f"{self.attention} attention needs a memory to attend to")
        return memory
