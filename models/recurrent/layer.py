"""What makes a recurrent layer of Keras fast, whatever the cell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from models.recurrent.cut import ROWS, Cut
from models.recurrent.loops import Cell
from models.recurrent.paths import path_of
from models.recurrent.recurrence import Given, fast_recurrence, plain_recurrence
from models.tensors import Tensor

CHUNK = 50
"""Steps of a chunk. Long enough that starting a chunk costs nothing, short enough that little is
computed in vain where the last chunk is not full, and that the chunk stays in the cache."""

GRAIN = 8
"""Sequences shorter than a chunk are one chunk of the next multiple of this. Each is compiled, so
there must not be many."""

MOST_SHARDS = 4
"""More shards than this would have too few rows each to fill a matrix product."""


def _boolean(mask: Any) -> Tensor:
    return tf.cast(mask[0] if isinstance(mask, (list, tuple)) else mask, tf.bool)


def _chunk(time: int | Tensor) -> int | Tensor:
    """Steps of a chunk for sequences of so many steps."""
    steps = -(-time // GRAIN) * GRAIN
    if isinstance(time, int):
        return max(GRAIN, min(CHUNK, steps))
    return tf.clip_by_value(steps, GRAIN, CHUNK)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class FastLayer(keras.layers.RNN):
    """Stands before a recurrent layer of Keras and takes its loop over; all else is Keras's.

    `path_of(layer)` says whether the fast path is taken.

    Args:
        *args: of Keras's layer.
        time_checkpoint: keep only the state of each so many steps, and compute the steps between
            anew on the way back: for very long sequences, memory for time. None: keep all.
        **kwargs: of Keras's layer.

    Attributes:
        equations: the cell's.
        shards: parts of the batch that run at the same time, one on each core; None: by itself.
    """

    equations: Cell
    shards: int | None = None

    def __init__(self, *args: Any, time_checkpoint: int | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if time_checkpoint is not None and time_checkpoint < 1:
            raise ValueError(f"time_checkpoint must be a number of steps, got {time_checkpoint}.")
        self.time_checkpoint = time_checkpoint

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Tensor | None = None,
        training: bool | None = False,
    ) -> Any:
        """As Keras's layer.

        Args:
            sequences: `[batch, time, features]`.
            initial_state: states to start from, each `[batch, units]`.
            mask: bool `[batch, time]`, true at real steps.
            training: whether dropout is on.

        Returns:
            `[batch, time, units]` or `[batch, units]`, and the states if asked for.
        """
        outputs = super().call(sequences, initial_state, mask, training)
        fresh = initial_state is None and not self.stateful
        ours = path_of(self).name in ("fast", "plain")
        if mask is None or fresh or self.zero_output_for_mask or not ours:
            return outputs
        # Keras's loop answers zeros, not the initial state, until the first real step.
        output, *states = outputs if self.return_state else [outputs]
        mask = _boolean(mask)
        if self.return_sequences:
            mask = tf.reverse(mask, [1]) if self.go_backwards else mask
            begun = tf.cumsum(tf.cast(mask, tf.int32), 1)[:, :, None] > 0
        else:
            begun = tf.reduce_any(mask, 1, keepdims=True)
        output = tf.where(begun, output, tf.zeros_like(output))
        return (output, *states) if self.return_state else output

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
        mask = None if mask is None else _boolean(mask)
        if sequences.shape[1] == 1:
            hidden, states = self._one_step(sequences, states, mask, training)
        else:
            if self.go_backwards:
                sequences = tf.reverse(sequences, [1])
                mask = None if mask is None else tf.reverse(mask, [1])
            given = self._given(sequences, states, mask, training)
            if path.name == "plain":
                hidden, states = plain_recurrence(self.equations, given)
            else:
                keep = self.time_checkpoint is None
                hidden, states = fast_recurrence(
                    self.equations, self._cut(sequences), given, keep, self.return_sequences
                )
        return self._answer(hidden, states, mask)

    def _answer(
        self, hidden: Tensor | None, states: list, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Last output, all outputs (as far as wanted) and final states."""
        last = states[0]
        if mask is not None and self.zero_output_for_mask:
            last = tf.where(mask[:, -1:], last, tf.zeros_like(last))
            if hidden is not None:
                hidden = tf.where(mask[:, :, None], hidden, tf.zeros_like(hidden))
        return last, last[:, None] if hidden is None else hidden, states

    def _one_step(
        self, sequences: Tensor, states: list, mask: Tensor | None, training: bool | None
    ) -> tuple[Tensor, list[Tensor]]:
        """A single step needs no loop: the cell alone."""
        _, after = self.cell(sequences[:, 0], states, training=bool(training))
        if mask is not None:
            after = [tf.where(mask, new, old) for new, old in zip(after, states, strict=True)]
        return after[0][:, None], list(after)

    def _given(
        self, sequences: Tensor, states: list, mask: Tensor | None, training: bool | None
    ) -> Given:
        cell = self.cell
        sequences, kernel, dropped = self._drop(sequences, states[0], training)
        recurrent_kernel, bias = map(tf.convert_to_tensor, (cell.recurrent_kernel, cell.bias))
        return Given(sequences, kernel, recurrent_kernel, bias, states, mask, dropped)

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

    def _cut(self, sequences: Tensor) -> Cut:
        batch, time = (
            tf.shape(sequences)[axis] if size is None else size
            for axis, size in enumerate(sequences.shape[:2])
        )
        shards = self.shards or min(cores(), MOST_SHARDS)
        if self.shards is None and isinstance(batch, int):
            shards = max(1, min(shards, batch // ROWS))
        return Cut(batch, time, shards, self.time_checkpoint or _chunk(time))

    def get_config(self) -> dict[str, Any]:
        """Keras's own; with `time_checkpoint` where it is set, so that Keras's layer loads it."""
        config = super().get_config()
        if self.time_checkpoint is not None:
            config["time_checkpoint"] = self.time_checkpoint
        return config
