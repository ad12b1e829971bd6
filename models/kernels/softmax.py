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
from numba import njit

from models.kernels.compiled import LOOP, N, T, exp, f4, highest, product

ROWS = 128
"""Rows that are multiplied at a time: enough for a fast product, few enough for the cache."""


@njit(**LOOP)
def forward(states, kernel, turned, bias, targets, smoothing, never, rest, sums, losses, right):
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
    rows, width = states.shape
    words = len(bias)
    for start in range(0, rows, ROWS):
        some = min(ROWS, rows - start)
        for row in range(start, start + some):
            rest[row] = bias
        given, to = states[start:], rest[start:]
        how, stride = (T, width) if turned else (N, words)
        product(N, how, some, words, width, given, width, kernel, stride, f4(1), to, words)
        for row in range(start, start + some):
            _rate(rest[row], targets[row], smoothing, never, row, sums, losses, right)


@njit(**LOOP)
def _rate(logits, target, smoothing, never, row, sums, losses, right):
    """One row of `forward`, whose logits become R."""
    top, own = highest(logits), logits[target]
    right[row] = own == top and _count(logits[:target], top) == 0
    written = f4(len(logits) - len(never))
    mean = f4(0)
    if smoothing > 0:
        mean = _sum(logits)
        for word in never:
            mean -= logits[word]
        mean /= written
    total = _exponentials(logits, top)
    if smoothing > 0:
        spread = total * smoothing / written
        _add(logits, -spread)
        for word in never:
            logits[word] += spread
    logits[target] -= total * (f4(1) - smoothing)
    sums[row] = total
    losses[row] = np.log(total) + top - own + smoothing * (own - mean)


# Each a function of its own, because within a larger one a loop is not always compiled to vector
# instructions.


@njit(**LOOP)
def _count(values, wanted):
    found = 0
    for index in range(len(values)):
        found += values[index] == wanted
    return found


@njit(**LOOP)
def _sum(values):
    total = f4(0)
    for index in range(len(values)):
        total += values[index]
    return total


@njit(**LOOP)
def _add(values, number):
    for index in range(len(values)):
        values[index] += number


@njit(**LOOP)
def _add_times(to, factor, values):
    for index in range(len(to)):
        to[index] += factor * values[index]


@njit(**LOOP)
def _exponentials(values, top):
    total = f4(0)
    for index in range(len(values)):
        share = exp(values[index] - top)
        values[index] = share
        total += share
    return total


@njit(**LOOP)
def states_back(rest, weights, kernel, turned, d_states):
    """Gradients of some rows of the states.

    Args:
        rest: R, float32 `[n, vocabulary]`.
        weights: w, float32 `[n]`.
        kernel: as of `forward`.
        turned: as of `forward`.
        d_states: float32 `[n, width]`, becomes the gradient.
    """
    rows, width = d_states.shape
    words = rest.shape[1]
    how, stride = (N, width) if turned else (T, words)
    product(N, how, rows, width, words, rest, words, kernel, stride, f4(0), d_states, width)
    for row in range(rows):
        for column in range(width):
            d_states[row, column] *= weights[row]


@njit(**LOOP)
def weights_back(rest, weighted, weights, turned, start, end, d_kernel, d_bias):
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
    rows, width = weighted.shape
    words, some = rest.shape[1], end - start
    part = rest[:, start:]
    if turned:
        to = d_kernel[start:]
        product(T, N, some, width, rows, part, words, weighted, width, f4(0), to, width)
    else:
        to = d_kernel[:, start:]
        product(T, N, width, some, rows, weighted, width, part, words, f4(0), to, words)
    d_bias[start:end] = 0
    for row in range(rows):
        _add_times(d_bias[start:end], weights[row], rest[row, start:end])
