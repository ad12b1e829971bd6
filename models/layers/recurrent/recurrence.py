"""The recurrence of a whole layer in a graph: by the kernels, with the gradient by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from models.layers.recurrent.calls import Call
from models.layers.recurrent.graph import like, outside
from models.tensors import Tensor


@dataclass(frozen=True)
class Given:
    """What one direction of a layer computes with.

    Attributes:
        kernel: W, float32 `[features, gates * units]`.
        recurrent_kernel: U, float32 `[units, gates * units]`.
        bias: float32 `[gates * units]`, or `[2, gates * units]` if the cell has a second one.
        states: before the first step, float32 `[batch, units]` each.
        dropped: masks of recurrent dropout, none, one, or one for each gate, `[batch, units]`.
    """

    kernel: Tensor
    recurrent_kernel: Tensor
    bias: Tensor
    states: Sequence[Tensor]
    dropped: Sequence[Tensor]

    @property
    def differentiable(self) -> list[Tensor]:
        """All but the masks; the bias as a matrix."""
        bias = tf.reshape(self.bias, [-1, self.kernel.shape[1]])
        return [self.kernel, self.recurrent_kernel, bias, *self.states]

    @property
    def masks(self) -> Tensor:
        """The masks of recurrent dropout, float32 `[masks, batch, units]`."""
        if not self.dropped:
            return tf.zeros([0, 0, self.recurrent_kernel.shape[0]])
        return tf.stack(list(self.dropped))


def fast_recurrence(
    call: Call, sequence: Tensor, mask: Tensor | None, directions: Sequence[Given]
) -> tuple[Tensor | None, list[Tensor]]:
    """The recurrence by the kernels.

    Args:
        call: of the layer.
        sequence: float32 `[batch, time, features]`.
        mask: bool `[batch, time]`, or None. A step that is not real leaves the state as it was.
        directions: one or two.

    Returns:
        `h` at all steps, float32 `[batch, time, directions * units]`, in the order of time, if it
        is wanted, or None; the states after the last step, direction by direction.

    Raises:
        NotImplementedError: when a gradient of the gradient is taken.
    """
    real = tf.zeros([0, 0], tf.bool) if mask is None else mask
    dropped = [one.masks for one in directions]

    def arrays(differentiable: Sequence[Tensor]) -> list[Tensor]:
        """x, the mask, and the fields of each direction, for the kernels."""
        x, *rest = differentiable
        count = len(rest) // len(directions)
        found = [x, real]
        for which, masks in enumerate(dropped):
            mine = rest[which * count : (which + 1) * count]
            found += [*mine[:3], masks, *mine[3:]]
        return found

    states = [state for one in directions for state in one.states]
    primal = [sequence, *(each for one in directions for each in one.differentiable)]
    outputs = outside(call.forward, call.backward, primal, call.outputs, 1, arrays)
    last = like(outputs[-len(states) :], states)
    if not call.sequences:
        return None, last
    width = sum(one.recurrent_kernel.shape[0] for one in directions)
    return tf.ensure_shape(outputs[0], [*sequence.shape[:2], width]), last
