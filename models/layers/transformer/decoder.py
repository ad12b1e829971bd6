"""The Transformer's decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor

from models.layers.transformer.attention import Shape
from models.layers.transformer.base import Transformer


@keras.saving.register_keras_serializable("unrolled")
class TransformerDecoder(Transformer):
    """Writes a sequence while it looks at a memory (Vaswani et al. 2017, figure 1, right).

    Each step sees itself and what was written before it, and all real steps of the memory. One
    step of decoding is the same call with a single step and the states of the last.

    Args:
        **kwargs: of `Transformer`.
    """

    crosses = True

    def build(self, sequence_shape: Shape, memory_shape: Shape | None = None) -> None:
        """Creates the weights for sequences and memories, `[batch, time, features]` each.

        Raises:
            ValueError: there is no memory; all that this decoder knows of its input is there.
        """
        self.build_layers(sequence_shape, _needed(memory_shape))

    def project(self, memory: KerasTensor) -> list[KerasTensor]:
        """Keys and values of a memory `[batch, steps, features]`, for `call`.

        Returns:
            Those of each layer, `[batch, steps, units]` each.
        """
        return [each for block in self.blocks for each in block.cross_attention.project(memory)]

    def call(
        self,
        sequence: KerasTensor,
        mask: KerasTensor | None = None,
        states: Sequence[KerasTensor] | None = None,
        memory: KerasTensor | Sequence[KerasTensor] | None = None,
        memory_mask: KerasTensor | None = None,
        training: bool = False,
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        """Writes.

        Args:
            sequence: float `[batch, time, features]`, what was written before each step.
            mask: bool `[batch, time]`, true at real steps; None where all are.
            states: as returned for the steps before; None at the beginning.
            memory: float `[batch, steps, features]`, the encoder's outputs, or what `project` made
                of them.
            memory_mask: bool `[batch, steps]`, true at real steps; None where all are.
            training: whether dropout is drawn.

        Returns:
            outputs: float `[batch, time, units]`; finite but meaningless at padding.
            attention: float32 `[batch, time, steps]` over the memory, of the highest layer, the
                mean of its heads; each row sums to one, or is all zero over a memory without a real
                step.
            states: see `Transformer`, `past` grown by `time`.

        Raises:
            ValueError: there is no memory.
        """
        ops = keras.ops
        memory = _needed(memory)
        memory = memory if isinstance(memory, list | tuple) else self.project(memory)
        if memory_mask is None or isinstance(memory_mask, list | tuple):
            # Beside several tensors, Keras fills None in with the list of their own masks.
            memory_mask = ops.ones(ops.shape(memory[0])[:2], "bool")
        where = memory_mask[:, None, :]  # [batch, 1, steps]
        outputs, attention, after = self.run(
            sequence, mask, states, True, memory, where, training=training
        )
        return outputs, ops.mean(attention, axis=1), after

    def compute_output_spec(
        self,
        sequence: KerasTensor,
        mask: object = None,
        states: object = None,
        memory: KerasTensor | None = None,
        **_: object,
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        """Shapes of `call`'s results."""
        outputs, after = self._symbolic(sequence)
        steps = memory.shape[1] if memory is not None else None
        return outputs, KerasTensor((*sequence.shape[:2], steps), "float32"), after


def _needed(memory: Any) -> Any:
    """A memory or its shape, if it is there."""
    if memory is None:
        raise ValueError("a TransformerDecoder attends to the encoder's states: it needs a memory")
    return memory
