"""The product of the states with the recurrent kernel, and its gradients.

With recurrent dropout each gate sees the state through a mask of its own (as in Keras with
`implementation=1`), or all see it through one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit
from numpy import ndarray

from models.kernels.blas import product, product_transposed, transposed_product
from models.kernels.options import INNER
from models.kernels.recurrent.panels import panel_product


class Spare(NamedTuple):
    """Room for numbers of a step.

    Attributes:
        product: float32 `[rows, gates * units]`.
        state: float32 `[rows, units]`.
        panel: float32 `[rows, PANEL]`, see `panel_product`.
    """

    product: ndarray
    state: ndarray
    panel: ndarray


@njit(**INNER)
def recurrent_product(
    h: ndarray,
    count: int,
    weights: Any,
    arranged: ndarray,
    dropped: ndarray,
    order: ndarray,
    adds: bool,
    a: ndarray,
    spare: Spare,
) -> None:
    """A = h U, or a += h U, for some rows.

    Args:
        h: float32 `[rows, units]`.
        count: how many rows.
        weights: of the layer.
        arranged: U in panels.
        dropped: masks of dropout, float32 `[masks, batch, units]`: none, one, or one for each gate.
        order: int64 `[rows]`, the rows of the batch.
        adds: whether it is added to `a`.
        a: float32 `[rows, gates * units]`, is written.
        spare: room.
    """
    kernel = weights.recurrent_kernel
    units, width = kernel.shape
    if dropped.shape[0] == 0:
        panel_product(count, h, units, arranged, width, adds, a, width, spare.panel)
        return
    part, seen = width // dropped.shape[0], spare.state
    for k in range(dropped.shape[0]):
        _drop(h, count, dropped[k], order, seen)
        at = k * part
        product(count, part, units, seen, units, kernel[0, at:], width, adds, a[0, at:], width)


@njit(**INNER)
def recurrent_product_back(
    d_a: ndarray,
    count: int,
    weights: Any,
    arranged: ndarray,
    dropped: ndarray,
    order: ndarray,
    d_h: ndarray,
    spare: Spare,
) -> None:
    """d_h += da U', for some rows.

    Args:
        d_a: float32 `[rows, gates * units]`.
        count: how many rows.
        weights: of the layer.
        arranged: U' in panels.
        dropped: of `recurrent_product`.
        order: likewise.
        d_h: float32 `[rows, units]`, is added to.
        spare: room.
    """
    kernel = weights.recurrent_kernel
    units, width = kernel.shape
    if dropped.shape[0] == 0:
        panel_product(count, d_a, width, arranged, units, True, d_h, units, spare.panel)
        return
    part, d_seen = width // dropped.shape[0], spare.state
    for k in range(dropped.shape[0]):
        at = k * part
        product_transposed(
            count, units, part, d_a[0, at:], width, kernel[0, at:], width, False, d_seen, units
        )
        for r in range(count):
            mask, row, to = dropped[k, order[r]], d_seen[r], d_h[r]
            for j in range(row.size):
                to[j] += row[j] * mask[j]


@njit(**INNER)
def kernel_back(
    hidden: ndarray,
    d_a: ndarray,
    dropped: ndarray,
    order: ndarray,
    d_kernel: ndarray,
    spare: Spare,
) -> None:
    """DU += h' da, over all steps of a chunk.

    Args:
        hidden: float32 `[steps + 1, rows, units]`, the states before each step.
        d_a: float32 `[steps, rows, gates * units]`.
        dropped: of `recurrent_product`.
        order: likewise.
        d_kernel: float32 `[units, gates * units]`, is added to.
        spare: room.
    """
    steps, count, width = d_a.shape
    units = hidden.shape[2]
    if dropped.shape[0] == 0:
        transposed_product(
            units, width, steps * count, hidden, units, d_a, width, True, d_kernel, width
        )
        return
    part, seen = width // dropped.shape[0], spare.state
    for k in range(dropped.shape[0]):
        at = k * part
        for t in range(steps):
            _drop(hidden[t], count, dropped[k], order, seen)
            transposed_product(
                units, part, count, seen, units, d_a[t, 0, at:], width, True,
                d_kernel[0, at:], width,
            )  # fmt: skip


@njit(**INNER)
def _drop(h: ndarray, count: int, dropped: ndarray, order: ndarray, seen: ndarray) -> None:
    for r in range(count):
        mask, row, to = dropped[order[r]], h[r], seen[r]
        for j in range(row.size):
            to[j] = row[j] * mask[j]
