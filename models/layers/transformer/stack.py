"""The Transformer's encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.transformer.attention import Shape
from models.layers.transformer.base import Transformer


@keras.saving.register_keras_serializable("unrolled")
class TransformerStack(Transformer):
    """Reads a sequence with self-attention, in place of a recurrence: see `RecurrentStack`.

    Where it is not bidirectional, each step sees itself and what came before (the causal mask of
    Vaswani et al. 2017, section 3.2.3). Where it is, each sees all: later steps change the outputs
    of earlier ones, so that it cannot be streamed, and it has no states.

    Args:
        bidirectional: whether a step sees what comes after it.
        **kwargs: of `Transformer`.
    """

    fields = (*Transformer.fields, "bidirectional")

    def __init__(self, *, bidirectional: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.bidirectional = bidirectional

    def build(self, sequence_shape: Shape) -> None:
        """Creates the weights for sequences `[batch, time, features]`."""
        self.build_layers(sequence_shape)

    def call(
        self,
        sequence: KerasTensor,
        mask: KerasTensor | None = None,
        states: Sequence[KerasTensor] | None = None,
        training: bool = False,
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        """Reads.

        Args:
            sequence: float `[batch, time, features]`.
            mask: bool `[batch, time]`, true at real steps; None where all are.
            states: as returned for the chunk before; None at the beginning.
            training: whether dropout is drawn.

        Returns:
            outputs: float `[batch, time, units]`; finite but meaningless at padding.
            states: see `Transformer`, `past` grown by `time`; an empty list if bidirectional.

        Raises:
            ValueError: a bidirectional stack was given states.
        """
        if self.bidirectional and states:
            raise ValueError("a bidirectional transformer cannot be streamed: it takes no states")
        causal = not self.bidirectional
        outputs, _, after = self.run(sequence, mask, states, causal, training=training)
        return outputs, after if causal else []

    def compute_output_spec(
        self, sequence: KerasTensor, *_: object, **__: object
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        """Shapes of `call`'s results."""
        return self._symbolic(sequence)

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of the states, batch and past open; none if bidirectional."""
        return [] if self.bidirectional else super().state_specs()
