"""What makes a recurrent layer of Keras fast, whatever the cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from models.kernels import compiled
from models.layers.recurrent.calls import Call
from models.layers.recurrent.paths import path_of
from models.layers.recurrent.plain import Cell, plain_recurrence
from models.layers.recurrent.plan import Sizes
from models.layers.recurrent.recurrence import Given, fast_recurrence
from models.layers.recurrent.workspace import Workspace
from models.tensors import Tensor


class FastLayer(keras.layers.RNN):
    """Stands before a recurrent layer of Keras and takes its loop over; all else is Keras's.

    `path_of(layer)` says whether the kernels are taken.

    Args:
        *args: of Keras's layer.
        time_checkpoint: keep only the state of each so many steps, and compute the steps between
            anew on the way back: for very long sequences, memory for time. None: keep all.
        **kwargs: of Keras's layer.

    Attributes:
        equations: the cell's.
    """

    equations: Cell

    def __init__(self, *args: Any, time_checkpoint: int | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if time_checkpoint is not None and time_checkpoint < 1:
            raise ValueError(f"time_checkpoint must be a number of steps, got {time_checkpoint}.")
        self.time_checkpoint = time_checkpoint
        self.workspace = Workspace()
        self.supports_jit = False  # the kernels are no operations of XLA

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: Sequence[Tensor],
        mask: Tensor | None,
        training: bool | None = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Does the work, as `RNN.inner_loop` of Keras.

        Args:
            sequences: `[batch, time, features]`.
            initial_state: each `[batch, units]`.
            mask: bool `[batch, time]`, or None.
            training: whether dropout is on.

        Returns:
            The last output; all outputs, or again the last with a time of 1; the final states.
        """
        path = path_of(self)
        if path.name not in ("fast", "plain"):
            return super().inner_loop(sequences, initial_state, mask, training)
        states = [tf.convert_to_tensor(state) for state in initial_state]
        sequences = tf.cast(sequences, self.compute_dtype)
        mask = None if mask is None else as_mask(mask)
        if sequences.shape[1] == 1:
            hidden, states = self._one_step(sequences, states, mask, training)
            if mask is not None:
                hidden = self._outputs(hidden, mask)
        elif path.name == "plain":
            hidden, states = self._plain(sequences, states, mask, training)
        else:
            call = self.call_of([self], self.return_sequences, training)
            x, given = self.given(sequences, states, training)
            hidden, states = fast_recurrence(call, x, mask, [given])
            if hidden is not None and self.go_backwards:
                hidden = tf.reverse(hidden, [1])  # Keras gives them in the order of reading
        last = self.last(states[0], mask)
        return last, last[:, None] if hidden is None else hidden, states

    def call_of(
        self, directions: Sequence[FastLayer], sequences: bool, training: bool | None
    ) -> Call:
        """The call of the kernels for this layer, or for the two directions of one.

        Args:
            directions: this layer, and perhaps its counterpart.
            sequences: whether the outputs of all steps are wanted.
            training: whether a way back is to be expected: it is right without as well, but has to
                compute the activations again.
        """
        compiled.kernels()  # loaded here, and not first in a thread of TensorFlow
        cell, checkpoint = self.equations, self.time_checkpoint
        sizes = Sizes(cell.code, cell.gates, cell.states, self.cell.units, checkpoint)
        backwards = tuple(layer.go_backwards for layer in directions)
        keep = bool(training) and checkpoint is None
        return Call(
            sizes,
            backwards,
            sequences,
            keep,
            bool(self.zero_output_for_mask),
            self.workspace.borrowed(),
        )

    def given(
        self, sequences: Tensor, states: Sequence[Tensor], training: bool | None
    ) -> tuple[Tensor, Given]:
        """What is computed with, with dropout as Keras does it.

        Args:
            sequences: `[batch, time, features]`.
            states: each `[batch, units]`.
            training: whether dropout is on.

        Returns:
            The sequences after dropout, and the rest.
        """
        cell = self.cell
        sequences, kernel, dropped = self._drop(sequences, states[0], training)
        recurrent_kernel, bias = map(tf.convert_to_tensor, (cell.recurrent_kernel, cell.bias))
        return sequences, Given(kernel, recurrent_kernel, bias, states, dropped)

    def _plain(
        self, sequences: Tensor, states: list, mask: Tensor | None, training: bool | None
    ) -> tuple[Tensor, list[Tensor]]:
        """The outputs of all steps, in the order of reading, and the final states."""
        if self.go_backwards:
            sequences = tf.reverse(sequences, [1])
            mask = None if mask is None else tf.reverse(mask, [1])
        x, given = self.given(sequences, states, training)
        hidden, states = plain_recurrence(self.equations, x, mask, given)
        return hidden if mask is None else self._outputs(hidden, mask), states

    def _one_step(
        self, sequences: Tensor, states: list, mask: Tensor | None, training: bool | None
    ) -> tuple[Tensor, list[Tensor]]:
        """A single step needs no loop: the cell alone."""
        _, after = self.cell(sequences[:, 0], states, training=bool(training))
        if mask is not None:
            after = [tf.where(mask, new, old) for new, old in zip(after, states, strict=True)]
        return after[0][:, None], list(after)

    def _outputs(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """States at all steps -> outputs: zeros before the first real step, as in Keras."""
        seen = mask if self.zero_output_for_mask else tf.cumsum(tf.cast(mask, tf.int32), 1) > 0
        return tf.where(seen[:, :, None], hidden, tf.zeros_like(hidden))

    def last(self, state: Tensor, mask: Tensor | None) -> Tensor:
        """The last output: the last state, but zeros where there is no real step."""
        if mask is None:
            return state
        seen = tf.reduce_any(mask, 1)
        if self.zero_output_for_mask:
            seen = mask[:, 0] if self.go_backwards else mask[:, -1]
        return tf.where(seen[:, None], state, tf.zeros_like(state))

    def _drop(
        self, sequences: Tensor, state: Tensor, training: bool | None
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Dropout as Keras does it: one mask for all steps, or one for each gate.

        Returns:
            The sequences, the kernel that belongs to them, and the masks of recurrent dropout,
            each `[batch, units]`, if any.
        """
        cell, kernel = self.cell, tf.convert_to_tensor(self.cell.kernel)
        if not training:
            return sequences, kernel, []
        masks = cell.get_dropout_mask(sequences[:, 0])
        if isinstance(masks, list):
            # Each gate reads a copy of its own: the copies side by side, the kernel block by block.
            sequences = tf.concat([sequences * m[:, None] for m in masks], -1)
            gates, units = len(masks), cell.units
            kernel = tf.concat(
                [
                    tf.pad(part, [[0, 0], [gate * units, (gates - 1 - gate) * units]])
                    for gate, part in enumerate(tf.split(kernel, gates, axis=1))
                ],
                0,
            )
        elif masks is not None:
            sequences = sequences * masks[:, None]
        dropped = cell.get_recurrent_dropout_mask(state)
        if not isinstance(dropped, list):
            dropped = [] if dropped is None else [dropped]
        return sequences, kernel, dropped

    def get_config(self) -> dict[str, Any]:
        """Keras's own; with `time_checkpoint` where it is set, so that Keras's layer loads it."""
        config = super().get_config()
        if self.time_checkpoint is not None:
            config["time_checkpoint"] = self.time_checkpoint
        return config


def as_mask(mask: Any) -> Tensor:
    """A mask of Keras as bool `[batch, time]`."""
    return tf.cast(mask[0] if isinstance(mask, (list, tuple)) else mask, tf.bool)
