"""The rows of a batch in the order in which the kernels take them, and what they write where.

Rows lie by the step at which they end, the longest first. At each step those that still go on are
then the first so many, and a row that has ended costs nothing. Read backwards it is the same: rows
begin one after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, types

from models.kernels.options import INDICES, INNER, MASK


class Rows(NamedTuple):
    """A part of the rows of a batch of `[batch, time]`.

    Attributes:
        order: int64 `[rows]`, the rows of the batch, that which ends last first.
        active: int64 `[time]`, how many of them have not ended before each step.
        first: int64 `[rows]`, the first step that is real, in the order of reading; before it the
            output is zero.
        real: bool `[batch, time]`, false at masked steps; `[0, 0]` where none lies before a row's
            end.
        counts: int64 `[chunks]`, how many rows each chunk of time has, in the order of reading.
    """

    order: np.ndarray
    active: np.ndarray
    first: np.ndarray
    real: np.ndarray
    counts: np.ndarray


ROWS = types.NamedTuple([INDICES, INDICES, INDICES, MASK, INDICES], Rows)


@njit(**INNER)
def place(step: int, time: int, backwards: bool) -> int:
    """The step of the batch that is read as the `step`-th."""
    return time - 1 - step if backwards else step


@njit(**INNER)
def load(
    x: np.ndarray,
    order: np.ndarray,
    begin: int,
    backwards: bool,
    count: int,
    column: int,
    chunk: np.ndarray,
) -> None:
    """Steps of a batch -> `[steps, rows, features]`.

    Args:
        x: float32 `[batch, time, any]`.
        order: of `Rows`.
        begin: the first step, in the order of reading.
        backwards: whether time is read backwards.
        count: how many rows.
        column: the first feature.
        chunk: float32 `[steps, count, features]`, is written.
    """
    for t in range(chunk.shape[0]):
        at = place(begin + t, x.shape[1], backwards)
        for r in range(count):
            row, to = x[order[r], at, column : column + chunk.shape[2]], chunk[t, r]
            for j in range(to.size):
                to[j] = row[j]


@njit(**INNER)
def store(
    chunk: np.ndarray,
    order: np.ndarray,
    begin: int,
    backwards: bool,
    count: int,
    column: int,
    x: np.ndarray,
) -> None:
    """The reverse of `load`, of the rows that it took; the others of these steps become zero."""
    width = chunk.shape[2]
    for t in range(chunk.shape[0]):
        at = place(begin + t, x.shape[1], backwards)
        for r in range(order.size):
            to = x[order[r], at, column : column + width]
            if r < count:
                row = chunk[t, r]
                for j in range(width):
                    to[j] = row[j]
            else:
                for j in range(width):
                    to[j] = 0


@njit(**INNER)
def masked(rows: Rows, r: int, at: int) -> bool:
    """Whether a step before the row's end is masked."""
    return rows.real.size > 0 and not rows.real[rows.order[r], at]


@njit(**INNER)
def repeats(rows: Rows, r: int, step: int, zero_masked: bool) -> bool:
    """Whether the output of a masked step is that of the step before; else it is zero.

    As in Keras: zero with `zero_output_for_mask`, and before the first real step.
    """
    return not zero_masked and step >= rows.first[r]
