"""What is done to a row of numbers at a time.

Each loop is a function of its own: within a larger one a loop is not always compiled to vector
instructions.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy import ndarray

from models.kernels.options import INNER, SUMMING
from models.kernels.recurrent.activations import exp

f4 = np.float32
LANES = 64
"""Room that `highest` needs."""


@njit(**INNER)
def copy(row: ndarray, to: ndarray) -> None:
    """Copies a row."""
    for j in range(row.size):
        to[j] = row[j]


@njit(**INNER)
def clear(row: ndarray) -> None:
    """Makes a row zero."""
    for j in range(row.size):
        row[j] = 0


@njit(**INNER)
def add(row: ndarray, to: ndarray) -> None:
    """Adds a row."""
    for j in range(row.size):
        to[j] += row[j]


@njit(**INNER)
def add_times(factor: np.float32, row: ndarray, to: ndarray) -> None:
    """Adds a multiple of a row."""
    for j in range(row.size):
        to[j] += factor * row[j]


@njit(**INNER)
def add_number(number: np.float32, to: ndarray) -> None:
    """Adds a number to each of a row."""
    for j in range(to.size):
        to[j] += number


@njit(**INNER)
def times(factor: np.float32, to: ndarray) -> None:
    """Multiplies a row by a number."""
    for j in range(to.size):
        to[j] *= factor


@njit(**SUMMING)
def dot(a: ndarray, b: ndarray) -> np.float32:
    """The scalar product."""
    total = f4(0)
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@njit(**SUMMING)
def total_of(row: ndarray) -> np.float32:
    """The sum."""
    total = f4(0)
    for j in range(row.size):
        total += row[j]
    return total


@njit(**SUMMING)
def exponentials(top: np.float32, row: ndarray) -> np.float32:
    """Makes x exp(x - top); returns their sum.

    Args:
        top: the highest of the row.
        row: float32 `[n]`, is written.
    """
    total = f4(0)
    for j in range(row.size):
        share = exp(row[j] - top)
        row[j] = share
        total += share
    return total


@njit(**INNER)
def count_of(value: np.float32, row: ndarray) -> int:
    """How often a number is there."""
    found = 0
    for j in range(row.size):
        found += row[j] == value
    return found


@njit(**INNER)
def highest(row: ndarray, lanes: ndarray) -> np.float32:
    """The highest that is no NaN; minus infinity if there is none.

    Args:
        row: float32 `[n]`.
        lanes: float32 `[LANES]`, room: a compiler that may not rule NaN out makes no vector
            instructions of a maximum, but of many it does.
    """
    for lane in range(LANES):
        lanes[lane] = -np.inf
    start = 0
    while start + LANES <= row.size:
        _raise(row[start : start + LANES], lanes)
        start += LANES
    _raise(row[start:], lanes)
    width = LANES // 2
    while width:
        _raise(lanes[width : 2 * width], lanes)
        width //= 2
    return lanes[0]


@njit(**INNER)
def _raise(row: ndarray, to: ndarray) -> None:
    for j in range(row.size):
        to[j] = row[j] if row[j] > to[j] else to[j]
