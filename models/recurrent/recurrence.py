"""The recurrence of a whole layer in a graph: by the kernels, with the gradient by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from models.recurrent.calls import Call
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
        x, *rest = map(tf.stop_gradient, differentiable)
        count = len(rest) // len(directions)
        found = [x, real]
        for which, masks in enumerate(dropped):
            mine = rest[which * count : (which + 1) * count]
            found += [*mine[:3], masks, *mine[3:]]
        return found

    @tf.custom_gradient
    def run(*primal: Tensor) -> tuple:
        *outputs, kept = _outside(call.forward, arrays(primal), call.outputs + 1)
        # All that the gradient depends on goes through it as an argument, so that nobody gets a
        # second derivative that silently leaves a part out.
        return tuple(outputs), lambda *gradients: back(kept, gradients, primal)

    def back(kept: Tensor, gradients: Sequence[Tensor], primal: Sequence[Tensor]) -> tuple:
        @tf.custom_gradient
        def differentiate(*values: Tensor) -> tuple:
            d_outputs = [tf.stop_gradient(value) for value in values[: len(gradients)]]
            given = [kept, *arrays(values[len(gradients) :]), *d_outputs]
            found = _outside(call.backward, given, len(primal))
            return tuple(_like(found, primal)), _refuse

        return differentiate(*gradients, *primal)

    states = [state for one in directions for state in one.states]
    outputs = run(sequence, *(each for one in directions for each in one.differentiable))
    last = _like(outputs[-len(states) :], states)
    if not call.sequences:
        return None, last
    width = sum(one.recurrent_kernel.shape[0] for one in directions)
    return tf.ensure_shape(outputs[0], [*sequence.shape[:2], width]), last


def _outside(function: object, given: Sequence[Tensor], count: int) -> list[Tensor]:
    """Calls a function on arrays that gives so many float32 arrays, without a lock of Python."""
    return tf.numpy_function(function, list(given), [tf.float32] * count, stateful=False)


def _like(values: Sequence[Tensor], others: Sequence[Tensor]) -> list[Tensor]:
    """The values with the static shapes of others."""
    return [tf.ensure_shape(v, other.shape) for v, other in zip(values, others, strict=True)]


def _refuse(*_: Tensor) -> None:
    raise NotImplementedError(
        "The fast recurrent layers have no gradient of the gradient: "
        "trace the model under models.recurrent.plain() to take one."
    )
