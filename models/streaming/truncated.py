"""Truncated backpropagation through time: long sequences a window at a time.

The state is carried from window to window and the gradient ends at the border (Williams & Peng
1990; for language models Mikolov et al. 2010), so that a step of training holds the activations of
one window, however long the sequence is. The state of a recurrence is of constant size; what a
transformer or an attention over steps keeps of the past grows with it, though without activations
(as the memory of Dai et al. 2019, section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

from models.streaming import Streaming, Tensors


class Windows:
    """Reads long sequences a window at a time, in training.

    For a batch:

        states = windows.start(rows)
        for inputs, targets in windows.cut(batch_inputs, batch_targets, padding):
            with tf.GradientTape() as tape:
                answer, states = windows.read(inputs, states)
                loss = ...

    All windows have the same length, so that one graph serves them all. Where the rows of the next
    batch go on with the texts of this one, the states go on as well, instead of a new start.

    Args:
        network: the step form of the network.
        length: steps of a window.
    """

    def __init__(self, network: Streaming, length: int):
        self.network = network
        self.length = length

    def start(self, rows: int | tf.Tensor) -> dict[str, tf.Tensor]:
        """The states before the first window."""
        return self.network.start(rows)

    def read(
        self, inputs: Tensors, states: Tensors, training: bool = True
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Reads a window.

        Args:
            inputs: of the window, by name.
            states: of `start` or of the window before; no gradient goes back into them.
            training: whether dropout is drawn, for each window anew.

        Returns:
            The answers for this window, and the states for the next one.
        """
        held = {name: tf.stop_gradient(state) for name, state in states.items()}
        return self.network.step(inputs, held, training)

    def cut(
        self, inputs: Tensors, targets: tf.Tensor, padding: int
    ) -> Iterator[tuple[dict[str, tf.Tensor], tf.Tensor]]:
        """Cuts a batch into windows, the last one padded to the length of the others.

        Args:
            inputs: by name; `[batch, time, ...]` each, but `lengths`, int32 `[batch]`.
            targets: `[batch, time]`.
            padding: the target of a step that is not scored.

        Yields:
            Inputs and targets of a window.
        """
        for begin in range(0, int(targets.shape[1]), self.length):
            yield self._inputs_from(begin, inputs), self._steps_from(begin, targets, padding)

    def _inputs_from(self, begin: int, inputs: Tensors) -> dict[str, tf.Tensor]:
        return {
            name: tf.clip_by_value(tf.subtract(value, begin), 0, self.length)
            if name == "lengths"
            else self._steps_from(begin, value, 0)
            for name, value in inputs.items()
        }

    def _steps_from(self, begin: int, values: tf.Tensor, padding: int) -> tf.Tensor:
        window = tf.convert_to_tensor(values)[:, begin : begin + self.length]
        missing = self.length - tf.shape(window)[1]
        ends = [[0, 0], [0, missing], *[[0, 0]] * (window.shape.rank - 2)]
        return tf.pad(window, ends, constant_values=tf.cast(padding, window.dtype))
