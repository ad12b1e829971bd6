"""One step of a row of the simple recurrent network; the equations are in `..simple_rnn`.

The inner loops see the parts of a row as arrays of their own, which the compiler can tell apart.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy import ndarray

from models.kernels.options import INNER
from models.kernels.recurrent.activations import tanh

ONE, ZERO = np.float32(1), np.float32(0)


@njit(**INNER)
def forward(h: ndarray, bias: ndarray) -> None:
    """One step.

    Args:
        h: float32 `[units]`, x W + h U; becomes the state after the step.
        bias: float32 `[units]`.
    """
    for j in range(h.size):
        h[j] = tanh(h[j] + bias[j])


@njit(**INNER)
def backward(h: ndarray, d_out: ndarray, d_h: ndarray, d_z: ndarray) -> None:
    """One step backward.

    Args:
        h: float32 `[units]`, the state after the step.
        d_out: float32 `[units]`, the gradient of h as an output.
        d_h: float32 `[units]`, of h as a state; becomes zero, to which dz U' is added.
        d_z: float32 `[units]`, becomes the gradient of the sum before the activation.
    """
    for j in range(h.size):
        d_z[j] = (d_h[j] + d_out[j]) * (ONE - h[j] * h[j])
        d_h[j] = ZERO
