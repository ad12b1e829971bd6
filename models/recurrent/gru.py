"""The gated recurrent unit, Cho et al. 2014, with the reset gate after the product (as in cuDNN).

One step, with [x_u x_r x_g] = x_t W + b and [a_u a_r a_g] = h_{t-1} U + b', and s the logistic
function (u is Keras's z, the update gate):

    u = s(x_u + a_u)   r = s(x_r + a_r)   g = tanh(x_g + r a_g)
    h_t = u h_{t-1} + (1 - u) g

Backward, from the gradient dh of h_t:

    dx_g = dh (1 - u) (1 - g^2)          dx_u = da_u = dh (h_{t-1} - g) u (1 - u)
    da_g = dx_g r                        dx_r = da_r = dx_g a_g r (1 - r)
    dh_{t-1} = dh u + da U'

and over all steps dW = x' dx, db = sum dx, dU = h_{t-1}' da, db' = sum da.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from models.recurrent.layer import FastLayer
from models.recurrent.loops import Cell
from models.tensors import Tensor


@dataclass(frozen=True)
class GRUStep(Cell):
    """The equations above, for `models.recurrent.loops`."""

    gates: int = 3
    states: int = 1
    saved: tuple[int, ...] = (2, 1, 1)
    recurrent_bias: bool = True

    def step(
        self, projected: Tensor, recurrent: Tensor, states: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One step forward, see `loops.Cell.step`."""
        units = states[0].shape[-1]
        x_gates, x_g = tf.split(projected, [2 * units, units], axis=1)
        a_gates, a_g = tf.split(recurrent, [2 * units, units], axis=1)
        gates = tf.sigmoid(x_gates + a_gates)
        u, r = tf.split(gates, 2, axis=1)
        g = tf.tanh(x_g + r * a_g)
        return [g + u * (states[0] - g)], [gates, g, a_g]

    def step_back(
        self,
        saved: Sequence[Tensor],
        states: Sequence[Tensor],
        before: Sequence[Tensor],
        d_states: Sequence[Tensor],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One step backward, see `loops.Cell.step_back`."""
        gates, g, a_g = saved
        u, r = tf.split(gates, 2, axis=1)
        (dh,) = d_states
        dx_g = dh * (1 - u) * (1 - g * g)
        d_u = dh * (before[0] - g) * u * (1 - u)
        d_r = dx_g * a_g * r * (1 - r)
        d_projected = tf.concat([d_u, d_r, dx_g], 1)
        return [d_projected, tf.concat([d_u, d_r, dx_g * r], 1)], [dh * u]


@keras.saving.register_keras_serializable("unrolled")
class GRU(FastLayer, keras.layers.GRU):
    """`keras.layers.GRU`, faster on a CPU: same arguments, same weights, same numbers.

    Args:
        *args: of `keras.layers.GRU`.
        time_checkpoint: see `FastLayer`.
        **kwargs: of `keras.layers.GRU`.
    """

    equations = GRUStep()
