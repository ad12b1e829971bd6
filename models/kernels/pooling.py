"""The highest of each feature over the real steps, and its gradient: one pass each."""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy import ndarray

from models.kernels.options import CUBE, ENTRY, INNER, MATRIX
from models.kernels.vectors import clear, copy

f4 = np.float32
COUNTS = types.int32[::1]


@njit(**INNER)
def _raise(row: ndarray, to: ndarray) -> None:
    """The higher of each; a NaN stays."""
    for j in range(row.size):
        to[j] = to[j] if to[j] >= row[j] or to[j] != to[j] else row[j]


@njit(**INNER)
def _hand_on(row: ndarray, top: ndarray, left: ndarray, d_row: ndarray) -> None:
    """Gives the gradients that are left to those that are the highest."""
    for j in range(row.size):
        first = row[j] == top[j]
        d_row[j] = left[j] if first else f4(0)
        left[j] = f4(0) if first else left[j]


@njit(types.void(CUBE, COUNTS, MATRIX), **ENTRY)
def forward(states: ndarray, lengths: ndarray, highest: ndarray) -> None:
    """The highest of each feature.

    Args:
        states: float32 `[n, time, features]`.
        lengths: int32 `[n]`, the number of real steps.
        highest: float32 `[n, features]`, becomes the highest; 0 where there is no step.
    """
    for row in range(lengths.size):
        if not lengths[row]:
            clear(highest[row])
            continue
        copy(states[row, 0], highest[row])
        for t in range(1, lengths[row]):
            _raise(states[row, t], highest[row])


@njit(types.void(CUBE, COUNTS, MATRIX, MATRIX, CUBE), **ENTRY)
def backward(
    states: ndarray, lengths: ndarray, highest: ndarray, left: ndarray, d_states: ndarray
) -> None:
    """The gradient; of several that are highest the first has all of it.

    Args:
        states: as of `forward`.
        lengths: likewise.
        highest: likewise.
        left: the gradient of `highest`, float32 `[n, features]`, is written.
        d_states: float32 `[n, time, features]`, becomes the gradient.
    """
    for row in range(lengths.size):
        for t in range(lengths[row]):
            _hand_on(states[row, t], highest[row], left[row], d_states[row, t])
        for t in range(lengths[row], states.shape[1]):
            clear(d_states[row, t])
