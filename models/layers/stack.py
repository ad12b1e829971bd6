"""Recurrent layers on top of each other, with their states as inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.recurrent import GRU, LSTM, Bidirectional, SimpleRNN
from models.spec import ModelSpec

CELLS = {"simple_rnn": SimpleRNN, "lstm": LSTM, "gru": GRU}
"""The layer of each recurrent cell."""

STATES = {name: layer.equations.states for name, layer in CELLS.items()}
"""Number of state tensors of each cell: h, and of an LSTM c as well."""


def make_stack(
    spec: ModelSpec, name: str = "stack", return_sequences: bool = True
) -> keras.layers.Layer:
    """The layers that read the sequence, of whatever cell.

    Both kinds are called as `stack(sequence, mask=, states=)`, give `(outputs, states)`, and have
    `width`, `initial_states` and `state_specs`: see `RecurrentStack`.

    Args:
        spec: of the network.
        name: of the layer.
        return_sequences: see `RecurrentStack`; a transformer always gives the outputs of all steps.
    """
    if spec.cell == "transformer":
        from models.layers.transformer import TransformerStack

        return TransformerStack.from_spec(spec, name)
    return RecurrentStack.from_spec(spec, name, return_sequences)


@keras.saving.register_keras_serializable("unrolled")
class RecurrentStack(keras.layers.Layer):
    """Recurrent layers on top of each other, with dropout between them.

    Layer i reads x_i and gives its states h_i for every step; x_(i+1) = dropout(h_i), or, with
    residual connections from the second layer on, h_i + x_i (as in GNMT, Wu et al. 2016, section
    3.1). Layer normalisation (Ba et al. 2016) comes after each layer, outside of the recurrence.

    Streaming through a stack that is not bidirectional gives exactly the outputs of the whole: a
    masked step leaves the states as they are.

    Args:
        cell: `simple_rnn`, `lstm` or `gru`.
        units: of each layer and direction.
        layers: how many.
        bidirectional: whether each layer reads in both directions, its outputs forward first.
        residual: whether a layer's input is added to its output, from the second layer on.
        layer_norm: whether each layer's outputs are normalised over their features.
        dropout: between layers.
        variational: one dropout mask for all steps of an example, on the recurrent state too (Gal
            & Ghahramani 2016).
        l1: penalty on input and recurrent kernels.
        l2: penalty on input and recurrent kernels.
        time_checkpoint: steps between the states that are kept for the backward pass; 0 keeps all.
        return_sequences: whether the outputs of all steps are wanted, or the states alone that the
            highest layer ends in, which cost less. These are not normalised and no input is added.
    """

    def __init__(
        self,
        cell: str,
        units: int,
        layers: int = 1,
        bidirectional: bool = False,
        residual: bool = False,
        layer_norm: bool = False,
        dropout: float = 0.0,
        variational: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        time_checkpoint: int = 0,
        return_sequences: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.cell = cell
        self.units = units
        self.layers = layers
        self.bidirectional = bidirectional
        self.residual = residual
        self.layer_norm = layer_norm
        self.dropout = dropout
        self.variational = variational
        self.l1 = l1
        self.l2 = l2
        self.time_checkpoint = time_checkpoint
        self.return_sequences = return_sequences
        self.recurrent_layers = [self._recurrent_layer(index) for index in range(layers)]
        self.norms = [
            keras.layers.LayerNormalization(dtype=self.dtype_policy, name=f"norm_{index}")
            for index in range(layers if layer_norm else 0)
        ]
        kind = keras.layers.SpatialDropout1D if variational else keras.layers.Dropout
        self.dropouts = [
            kind(dropout, dtype=self.dtype_policy, name=f"dropout_{index}")
            for index in range(1, layers if dropout else 1)
        ]

    @classmethod
    def from_spec(cls, spec: ModelSpec, name: str, return_sequences: bool = True) -> RecurrentStack:
        """The stack of a network."""
        made = {field: getattr(spec, field) for field in FIELDS}
        return cls(**made, return_sequences=return_sequences, name=name)

    @property
    def width(self) -> int:
        """Features of an output."""
        return self.units * (2 if self.bidirectional else 1)

    def build(self, sequence_shape: tuple[int | None, ...], *_: object, **__: object) -> None:
        """Creates the weights for sequences `[batch, time, features]`."""
        shape = tuple(sequence_shape)
        for index, layer in enumerate(self.recurrent_layers):
            layer.build(shape)
            shape = (*shape[:2], self.width)
            if self.layer_norm:
                self.norms[index].build(shape)

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
            outputs: float `[batch, time, width]`, the states of the highest layer for each step; or
                `[batch, width]`, those that it ends in: of the backward direction after the first.
            states: after the last real step, float `[batch, units]` each: h of a layer (of an LSTM
                h, c), the layers from the lowest, of a layer both directions, forward first.
        """
        each = STATES[self.cell] * (2 if self.bidirectional else 1)
        after: list[KerasTensor] = []
        for index, layer in enumerate(self.recurrent_layers):
            below = sequence
            if index and self.dropout:
                sequence = self.dropouts[index - 1](sequence, training=training)
            before = states[index * each : (index + 1) * each] if states is not None else None
            sequence, *final = layer(sequence, mask=mask, initial_state=before, training=training)
            after += final
            if self.return_sequences or index < self.layers - 1:
                sequence = self.finish_layer(index, sequence, below)
            else:
                sequence = tf.concat(final[:: STATES[self.cell]], axis=-1)  # h of each direction
        # The mask that Keras attaches to the tensor of a recurrent layer ends here.
        return tf.identity(sequence), after

    def finish_layer(self, index: int, outputs: KerasTensor, below: KerasTensor) -> KerasTensor:
        """What comes after the recurrence of a layer: normalisation, and the way around it.

        Args:
            index: of the layer, 0 for the lowest.
            outputs: of its recurrence, float `[..., width]`.
            below: what the layer below gave, before dropout.
        """
        if self.layer_norm:
            outputs = self.norms[index](outputs)
        return outputs + below if self.residual and index else outputs

    def compute_output_spec(
        self, sequence: KerasTensor, *_: object, **__: object
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        """Shapes of `call`'s results, known without a trace of the recurrence."""
        batch, time = sequence.shape[:2]
        kind = self.compute_dtype
        states = [KerasTensor((batch, self.units), kind) for _ in self.state_specs()]
        steps = [time] if self.return_sequences else []
        return KerasTensor((batch, *steps, self.width), kind), states

    def compute_mask(self, *_: object, **__: object) -> None:
        """Masks are explicit arguments everywhere; no implicit mask is propagated."""
        return

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """What `states=None` means: zeros."""
        shape = (batch_size, self.units)
        return [tf.zeros(shape, spec.dtype) for spec in self.state_specs()]

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of the states, batch open."""
        count = STATES[self.cell] * self.layers * (2 if self.bidirectional else 1)
        return [tf.TensorSpec([None, self.units], self.compute_dtype)] * count

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {field: getattr(self, field) for field in (*FIELDS, "return_sequences")}
        return super().get_config() | own

    def _recurrent_layer(self, index: int) -> keras.layers.Layer:
        penalty = keras.regularizers.L1L2(self.l1, self.l2) if self.l1 or self.l2 else None
        layer = CELLS[self.cell](
            self.units,
            return_sequences=self.return_sequences or index < self.layers - 1,
            return_state=True,
            kernel_regularizer=penalty,
            recurrent_regularizer=penalty,
            recurrent_dropout=self.dropout if self.variational else 0.0,
            time_checkpoint=self.time_checkpoint or None,
            dtype=self.dtype_policy,
            name=f"{self.cell}_{index}",
        )
        if self.bidirectional:
            return Bidirectional(layer, dtype=self.dtype_policy, name=f"bidirectional_{index}")
        return layer


FIELDS = (
    *("cell", "units", "layers", "bidirectional", "residual", "layer_norm", "dropout"),
    *("variational", "l1", "l2", "time_checkpoint"),
)
"""The arguments of a `RecurrentStack`, which are fields of a spec as well."""
