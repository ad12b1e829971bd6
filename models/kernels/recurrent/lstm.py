"""One step of a row of the long short-term memory; the equations are in `..lstm`.

The inner loops see the parts of a row as arrays of their own, which the compiler can tell apart.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy import ndarray

from models.kernels.options import INNER
from models.kernels.recurrent.activations import sigmoid, tanh

ONE, ZERO = np.float32(1), np.float32(0)


@njit(**INNER)
def forward(z: ndarray, bias: ndarray, c_before: ndarray, c: ndarray, h: ndarray) -> None:
    """One step.

    Args:
        z: float32 `[4 * units]`, x W + h U; becomes the gates i, f, g, o.
        bias: float32 `[4 * units]`.
        c_before: float32 `[units]`, the cell before the step.
        c: float32 `[units]`, becomes the cell after the step.
        h: float32 `[units]`, becomes the state after the step.
    """
    u = h.size
    _forward(
        z[:u], z[u : 2 * u], z[2 * u : 3 * u], z[3 * u :],
        bias[:u], bias[u : 2 * u], bias[2 * u : 3 * u], bias[3 * u :],
        c_before, c, h,
    )  # fmt: skip


@njit(**INNER)
def _forward(
    i: ndarray,
    f: ndarray,
    g: ndarray,
    o: ndarray,
    b_i: ndarray,
    b_f: ndarray,
    b_g: ndarray,
    b_o: ndarray,
    c_before: ndarray,
    c: ndarray,
    h: ndarray,
) -> None:
    for j in range(h.size):
        i[j] = sigmoid(i[j] + b_i[j])
        f[j] = sigmoid(f[j] + b_f[j])
        g[j] = tanh(g[j] + b_g[j])
        o[j] = sigmoid(o[j] + b_o[j])
        c[j] = f[j] * c_before[j] + i[j] * g[j]
        h[j] = o[j] * tanh(c[j])


@njit(**INNER)
def backward(
    gates: ndarray,
    c_before: ndarray,
    c: ndarray,
    d_out: ndarray,
    d_h: ndarray,
    d_c: ndarray,
    d_z: ndarray,
) -> None:
    """One step backward.

    Args:
        gates: float32 `[4 * units]`: i, f, g, o.
        c_before: float32 `[units]`, the cell before the step.
        c: float32 `[units]`, the cell after the step.
        d_out: float32 `[units]`, the gradient of h as an output.
        d_h: float32 `[units]`, of h as a state; becomes zero, to which dz U' is added.
        d_c: float32 `[units]`, of c; becomes that of c before the step.
        d_z: float32 `[4 * units]`, becomes the gradient of the sums before the activations.
    """
    u = c.size
    _backward(
        gates[:u], gates[u : 2 * u], gates[2 * u : 3 * u], gates[3 * u :],
        c_before, c, d_out, d_h, d_c,
        d_z[:u], d_z[u : 2 * u], d_z[2 * u : 3 * u], d_z[3 * u :],
    )  # fmt: skip


@njit(**INNER)
def _backward(
    i: ndarray,
    f: ndarray,
    g: ndarray,
    o: ndarray,
    c_before: ndarray,
    c: ndarray,
    d_out: ndarray,
    d_h: ndarray,
    d_c: ndarray,
    dz_i: ndarray,
    dz_f: ndarray,
    dz_g: ndarray,
    dz_o: ndarray,
) -> None:
    for j in range(c.size):
        dh = d_h[j] + d_out[j]
        tanh_c = tanh(c[j])
        dc = d_c[j] + dh * o[j] * (ONE - tanh_c * tanh_c)
        dz_i[j] = dc * g[j] * i[j] * (ONE - i[j])
        dz_f[j] = dc * c_before[j] * f[j] * (ONE - f[j])
        dz_g[j] = dc * i[j] * (ONE - g[j] * g[j])
        dz_o[j] = dh * tanh_c * o[j] * (ONE - o[j])
        d_c[j] = dc * f[j]
        d_h[j] = ZERO
