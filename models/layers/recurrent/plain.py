"""The recurrence as an ordinary TensorFlow graph: for exports, and with all derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from models.layers.recurrent.recurrence import Given
from models.tensors import Tensor


@dataclass(frozen=True)
class Cell(ABC):
    """One step of a recurrence. `h` is always the first state.

    Attributes:
        code: of `models.kernels.recurrent.chunk`.
        gates: blocks of `units` columns in the kernels.
        states: number of the states.
    """

    code: int
    gates: int
    states: int

    @abstractmethod
    def step(self, projected: Tensor, recurrent: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
        """One step.

        Args:
            projected: x W + b, `[rows, gates * units]`.
            recurrent: h U, and of a GRU its bias, of the same shape.
            states: before the step, each `[rows, units]`.

        Returns:
            The states after the step.
        """


def plain_recurrence(
    cell: Cell, sequence: Tensor, mask: Tensor | None, given: Given
) -> tuple[Tensor, list[Tensor]]:
    """The recurrence as one loop, without a call of Python, with TensorFlow's own gradient.

    Args:
        cell: the cell.
        sequence: float32 `[batch, time, features]`.
        mask: bool `[batch, time]`, or None. A step that is not real leaves the state as it was.
        given: weights and first states.

    Returns:
        `h` at all steps, `[batch, time, units]`; the states after the last step.
    """
    turned, units = tf.transpose(sequence, [1, 0, 2]), given.recurrent_kernel.shape[0]
    bias, *second = tf.unstack(tf.reshape(given.bias, [-1, given.kernel.shape[1]]))
    steps, batch = tf.unstack(tf.shape(turned)[:2])
    flat = tf.reshape(turned, [-1, turned.shape[-1]])
    projected = tf.nn.bias_add(tf.matmul(flat, given.kernel), bias)
    projected = tf.reshape(projected, [steps, batch, projected.shape[-1]])
    reads = tf.TensorArray(tf.float32, steps).unstack(projected)
    masks = None
    if mask is not None:
        masks = tf.TensorArray(tf.bool, steps).unstack(tf.transpose(mask)[:, :, None])

    def body(time: Tensor, states: Sequence, outputs: tf.TensorArray) -> tuple:
        recurrent = _recurrent_product(states[0], given.recurrent_kernel, given.dropped)
        if second:
            recurrent += second[0]
        after = cell.step(reads.read(time), recurrent, states)
        if masks is not None:
            real = masks.read(time)
            after = [tf.where(real, new, old) for new, old in zip(after, states, strict=True)]
        return time + 1, after, outputs.write(time, after[0])

    _, states, outputs = tf.while_loop(
        lambda time, *_: time < steps,
        body,
        (0, list(given.states), tf.TensorArray(tf.float32, steps, element_shape=[None, units])),
        maximum_iterations=steps,
    )
    hidden = tf.transpose(outputs.stack(), [1, 0, 2])
    return tf.ensure_shape(hidden, [*sequence.shape[:2], units]), states


def _recurrent_product(hidden: Tensor, kernel: Tensor, dropped: Sequence[Tensor]) -> Tensor:
    """The product h U; with recurrent dropout each gate sees h through a mask of its own."""
    if not dropped:
        return tf.matmul(hidden, kernel)
    parts = tf.split(kernel, len(dropped), axis=1)
    return tf.concat([tf.matmul(hidden * m, u) for m, u in zip(dropped, parts, strict=True)], 1)
