"""One step of a row of the gated recurrent unit; the equations are in `..gru`.

The inner loops see the parts of a row as arrays of their own, which the compiler can tell apart.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy import ndarray

from models.kernels.options import INNER
from models.kernels.recurrent.activations import sigmoid, tanh

ONE = np.float32(1)


@njit(**INNER)
def forward(
    x: ndarray,
    a: ndarray,
    bias: ndarray,
    recurrent_bias: ndarray,
    h_before: ndarray,
    a_g: ndarray,
    h: ndarray,
) -> None:
    """One step.

    Args:
        x: float32 `[3 * units]`, x W; becomes the gates u, r, g.
        a: float32 `[3 * units]`, h U.
        bias: float32 `[3 * units]`, b.
        recurrent_bias: float32 `[3 * units]`, b'.
        h_before: float32 `[units]`, the state before the step.
        a_g: float32 `[units]`, becomes a_g with its bias, for the way back.
        h: float32 `[units]`, becomes the state after the step.
    """
    u = h.size
    _forward(
        x[:u], x[u : 2 * u], x[2 * u :],
        a[:u], a[u : 2 * u], a[2 * u :],
        bias[:u], bias[u : 2 * u], bias[2 * u :],
        recurrent_bias[:u], recurrent_bias[u : 2 * u], recurrent_bias[2 * u :],
        h_before, a_g, h,
    )  # fmt: skip


@njit(**INNER)
def _forward(
    u: ndarray,
    r: ndarray,
    g: ndarray,
    a_u: ndarray,
    a_r: ndarray,
    a: ndarray,
    b_u: ndarray,
    b_r: ndarray,
    b_g: ndarray,
    c_u: ndarray,
    c_r: ndarray,
    c_g: ndarray,
    h_before: ndarray,
    a_g: ndarray,
    h: ndarray,
) -> None:
    for j in range(h.size):
        u[j] = sigmoid(u[j] + b_u[j] + a_u[j] + c_u[j])
        r[j] = sigmoid(r[j] + b_r[j] + a_r[j] + c_r[j])
        a_g[j] = a[j] + c_g[j]
        g[j] = tanh(g[j] + b_g[j] + r[j] * a_g[j])
        h[j] = g[j] + u[j] * (h_before[j] - g[j])


@njit(**INNER)
def backward(
    gates: ndarray,
    a_g: ndarray,
    h_before: ndarray,
    d_out: ndarray,
    d_h: ndarray,
    d_x: ndarray,
    d_a: ndarray,
) -> None:
    """One step backward.

    Args:
        gates: float32 `[3 * units]`: u, r, g.
        a_g: float32 `[units]`.
        h_before: float32 `[units]`, the state before the step.
        d_out: float32 `[units]`, the gradient of h as an output.
        d_h: float32 `[units]`, of h as a state; becomes dh u, to which da U' is added.
        d_x: float32 `[3 * units]`, becomes the gradient of x W + b.
        d_a: float32 `[3 * units]`, becomes the gradient of h U + b'.
    """
    u = a_g.size
    _backward(
        gates[:u], gates[u : 2 * u], gates[2 * u :], a_g, h_before, d_out, d_h,
        d_x[:u], d_x[u : 2 * u], d_x[2 * u :],
        d_a[:u], d_a[u : 2 * u], d_a[2 * u :],
    )  # fmt: skip


@njit(**INNER)
def _backward(
    u: ndarray,
    r: ndarray,
    g: ndarray,
    a_g: ndarray,
    h_before: ndarray,
    d_out: ndarray,
    d_h: ndarray,
    dx_u: ndarray,
    dx_r: ndarray,
    dx_g: ndarray,
    da_u: ndarray,
    da_r: ndarray,
    da_g: ndarray,
) -> None:
    for j in range(a_g.size):
        dh = d_h[j] + d_out[j]
        dx = dh * (ONE - u[j]) * (ONE - g[j] * g[j])
        d_u = dh * (h_before[j] - g[j]) * u[j] * (ONE - u[j])
        d_r = dx * a_g[j] * r[j] * (ONE - r[j])
        dx_u[j] = d_u
        dx_r[j] = d_r
        dx_g[j] = dx
        da_u[j] = d_u
        da_r[j] = d_r
        da_g[j] = dx * r[j]
        d_h[j] = dh * u[j]
