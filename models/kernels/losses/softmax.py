"""Cross-entropy over a large vocabulary, and its gradients: three products and little else.

With states h_n, logits z_n = h_n W + b, targets t_n and smoothing e over the m tokens that can be
written:

    loss_n = log sum_j exp z_nj - z_n,t + e (z_n,t - mean over written j of z_nj)

and with the gradient g_n of loss_n

    dz_n = g_n r_n,    r_n = softmax(z_n) - (1 - e) onehot(t_n) - e / m [j is written].

Forward leaves, row by row while it is in the cache, R_n = r_n s_n in the place of z_n, s_n being
the sum of the exponentials. Backward is then, with g_n / s_n as weights w_n,

    dh_n = w_n R_n W',    dW = (w h)' R,    db = w' R,

so that the largest array of all is gone through no more than twice.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy import ndarray

from models.kernels.blas import product, product_transposed, transposed_product
from models.kernels.machine import flush_denormals, restore
from models.kernels.options import ENTRY, FLAT, INNER, MATRIX
from models.kernels.vectors import (
    LANES,
    add_number,
    add_times,
    clear,
    copy,
    count_of,
    exponentials,
    highest,
    times,
    total_of,
)

f4 = np.float32
ROWS = 128
"""Rows that are multiplied at a time: enough for a fast product, few enough for the cache."""
IDS = types.int32[::1]


@njit(**INNER)
def _rate(
    logits: ndarray, target: int, smoothing: np.float32, never: ndarray, lanes: ndarray
) -> tuple[np.float32, np.float32, bool]:
    """One row of `forward`, whose logits become R: sum, loss, and whether the target is first."""
    top, own = highest(logits, lanes), logits[target]
    right = own == top and count_of(top, logits[:target]) == 0
    written, mean = f4(logits.size - never.size), f4(0)
    if smoothing > 0:
        mean = total_of(logits)
        for j in range(never.size):
            mean -= logits[never[j]]
        mean /= written
    total = exponentials(top, logits)
    if smoothing > 0:
        spread = total * smoothing / written
        add_number(-spread, logits)
        for j in range(never.size):
            logits[never[j]] += spread
    logits[target] -= total * (f4(1) - smoothing)
    return total, np.log(total) + top - own + smoothing * (own - mean), right


@njit(
    types.void(
        MATRIX, MATRIX, types.boolean, FLAT, IDS, types.float32, IDS, MATRIX, FLAT, FLAT, FLAT
    ),
    **ENTRY,
)
def forward(
    states: ndarray,
    kernel: ndarray,
    turned: bool,
    bias: ndarray,
    targets: ndarray,
    smoothing: np.float32,
    never: ndarray,
    rest: ndarray,
    sums: ndarray,
    losses: ndarray,
    right: ndarray,
) -> None:
    """Losses of some rows, and what their gradients are made of.

    Args:
        states: float32 `[n, width]`.
        kernel: W, float32 `[width, vocabulary]`, or turned `[vocabulary, width]`.
        turned: whether it is.
        bias: float32 `[vocabulary]`.
        targets: int32 `[n]`.
        smoothing: e, float32.
        never: int32, the ids that can never be written.
        rest: float32 `[n, vocabulary]`, becomes R.
        sums: float32 `[n]`, becomes s.
        losses: float32 `[n]`, becomes the loss.
        right: float32 `[n]`, becomes 1 where the target is the first of the highest logits, else 0.
    """
    before = flush_denormals()
    (rows, width), words = states.shape, bias.size
    lanes = np.empty(LANES, np.float32)
    for start in range(0, rows, ROWS):
        some = min(ROWS, rows - start)
        for row in range(start, start + some):
            copy(bias, rest[row])
        given, to = states[start:], rest[start:]
        if turned:
            product_transposed(some, words, width, given, width, kernel, width, True, to, words)
        else:
            product(some, words, width, given, width, kernel, words, True, to, words)
        for row in range(start, start + some):
            sums[row], losses[row], right[row] = _rate(
                rest[row], targets[row], smoothing, never, lanes
            )
    restore(before)


@njit(types.void(MATRIX, FLAT, MATRIX, types.boolean, MATRIX), **ENTRY)
def states_back(
    rest: ndarray, weights: ndarray, kernel: ndarray, turned: bool, d_states: ndarray
) -> None:
    """Gradients of some rows of the states.

    Args:
        rest: R, float32 `[n, vocabulary]`.
        weights: w, float32 `[n]`.
        kernel: as of `forward`.
        turned: as of `forward`.
        d_states: float32 `[n, width]`, becomes the gradient.
    """
    before = flush_denormals()
    (rows, width), words = d_states.shape, rest.shape[1]
    if turned:
        product(rows, width, words, rest, words, kernel, width, False, d_states, width)
    else:
        product_transposed(rows, width, words, rest, words, kernel, words, False, d_states, width)
    for row in range(rows):
        times(weights[row], d_states[row])
    restore(before)


@njit(
    types.void(MATRIX, MATRIX, FLAT, types.boolean, types.int64, types.int64, MATRIX, FLAT),
    **ENTRY,
)
def weights_back(
    rest: ndarray,
    weighted: ndarray,
    weights: ndarray,
    turned: bool,
    start: int,
    end: int,
    d_kernel: ndarray,
    d_bias: ndarray,
) -> None:
    """Gradients of kernel and bias for the words from `start` to `end`.

    Args:
        rest: R, float32 `[n, vocabulary]`.
        weighted: the states times w, float32 `[n, width]`.
        weights: w, float32 `[n]`.
        turned: as of `forward`.
        start: first word.
        end: word after the last.
        d_kernel: of the shape of the kernel, becomes the gradient.
        d_bias: float32 `[vocabulary]`, becomes the gradient.
    """
    before = flush_denormals()
    (rows, width), words, some = weighted.shape, rest.shape[1], end - start
    part = rest.reshape(rest.size)[start:]
    if turned:
        to = d_kernel.reshape(d_kernel.size)[start * width :]
        transposed_product(some, width, rows, part, words, weighted, width, False, to, width)
    else:
        to = d_kernel.reshape(d_kernel.size)[start:]
        transposed_product(width, some, rows, weighted, width, part, words, False, to, words)
    clear(d_bias[start:end])
    for row in range(rows):
        add_times(weights[row], rest[row, start:end], d_bias[start:end])
    restore(before)
