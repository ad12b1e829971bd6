"""Both directions of a recurrent layer in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from models.layers.recurrent.layer import FastLayer, as_mask
from models.layers.recurrent.paths import path_of
from models.layers.recurrent.recurrence import fast_recurrence
from models.tensors import Tensor


@keras.saving.register_keras_serializable("unrolled")
class Bidirectional(keras.layers.Bidirectional):
    """`keras.layers.Bidirectional`: same arguments, same weights, same numbers.

    Around a layer of this package the directions run at the same time and write into one array,
    side by side; none is reversed, and none is copied.
    """

    def call(
        self,
        sequences: Tensor,
        initial_state: Sequence[Tensor] | None = None,
        mask: Tensor | None = None,
        training: bool | None = None,
    ) -> Any:
        """As Keras's layer.

        Args:
            sequences: `[batch, time, features]`.
            initial_state: states to start from, `[batch, units]` each, forward first.
            mask: bool `[batch, time]`, true at real steps.
            training: whether dropout is on.

        Returns:
            `[batch, time, 2 * units]` or `[batch, 2 * units]`, and the states if asked for.
        """
        if not self._together(sequences, training):
            return super().call(sequences, initial_state, mask, training)
        layers: list[FastLayer] = [self.forward_layer, self.backward_layer]
        sequences = tf.cast(sequences, self.compute_dtype)
        states = self._start(sequences, initial_state)
        directions = []
        for layer, before in zip(layers, states, strict=True):
            layer._maybe_config_dropout_masks(layer.cell, sequences[:, 0], before)
            directions.append(layer.given(sequences, before, training)[1])
            layer._maybe_reset_dropout_masks(layer.cell)
        call = layers[0].call_of(layers, self.return_sequences, training)
        mask = None if mask is None else as_mask(mask)
        outputs, last = fast_recurrence(call, sequences, mask, directions)
        if outputs is None:
            ends = [last[0], last[len(last) // 2]]
            parts = [layer.last(h, mask) for layer, h in zip(layers, ends, strict=True)]
            outputs = tf.concat(parts, -1)
        return (outputs, *last) if self.return_state else outputs

    def _together(self, sequences: Tensor, training: bool | None) -> bool:
        """Whether one call can do both directions."""
        layers = [self.forward_layer, self.backward_layer]
        if not all(
            isinstance(layer, FastLayer) and path_of(layer).name == "fast" for layer in layers
        ):
            return False
        ahead, back = layers
        alike = type(ahead) is type(back) and all(
            getattr(ahead, name) == getattr(back, name)
            for name in ("units", "time_checkpoint", "zero_output_for_mask")
        )
        own_inputs = training and any(layer.cell.dropout for layer in layers)  # two masks of them
        wanted = self.compute_dtype == "float32" and self.merge_mode == "concat"
        wanted = wanted and not self.stateful and not ahead.go_backwards
        return bool(alike and wanted and not own_inputs and sequences.shape[1] != 1)

    def _start(
        self, sequences: Tensor, given: Sequence[Tensor] | None
    ) -> tuple[list[Tensor], list[Tensor]]:
        """The first states of both directions."""
        if given is None:
            rows = tf.shape(sequences)[0]
            return self.forward_layer.get_initial_state(
                rows
            ), self.backward_layer.get_initial_state(rows)
        states = [tf.cast(state, self.compute_dtype) for state in given]
        half = len(states) // 2
        return states[:half], states[half:]
