"""A recurrent layer over whole sequences, chunk by chunk: what Python calls.

The products over the steps of a chunk and the loop between them find their numbers in the cache.
Either all that the way back needs is kept, or the states at the borders of the chunks alone, and
the way back computes each chunk again (Chen et al. 2016, arXiv:1604.06174; Gruslys et al. 2016,
arXiv:1606.03401).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numpy import ndarray

from models.kernels.machine import flush_denormals, restore
from models.kernels.options import ALLOCATING, CUBE, ENTRY, FLAT, MATRIX
from models.kernels.recurrent import chunk as chunks
from models.kernels.recurrent.chunk import GRU, LSTM, SIMPLE_RNN, Weights
from models.kernels.recurrent.panels import PANEL, panels
from models.kernels.recurrent.recurrent_product import Spare
from models.kernels.recurrent.rows import ROWS, Rows, load, place, repeats, store
from models.kernels.vectors import add, clear, copy


class Kept(NamedTuple):
    """What a pass forward leaves for the way back.

    Attributes:
        borders: float32 `[chunks + 1, states, rows, units]`, the states before each chunk, and at
            the end.
        gates: float32, `gates` of `models.kernels.recurrent.chunk` of all chunks, flat; or of one,
            if nothing is kept. Empty of a simple RNN.
        hidden: likewise.
        extra: likewise. Empty of a simple RNN.
    """

    borders: ndarray
    gates: ndarray
    hidden: ndarray
    extra: ndarray


WEIGHTS = types.NamedUniTuple(MATRIX, 3, Weights)
KEPT = types.NamedTuple([types.float32[:, :, :, ::1], FLAT, FLAT, FLAT], Kept)
_GIVEN = (types.int64, types.boolean, types.int64, types.boolean, types.boolean)
_GIVEN += (CUBE, WEIGHTS, CUBE, ROWS, KEPT, CUBE, types.int64)
"""Types of what both take. With the types said, both are compiled, or read from the disk, here."""


@njit(**ALLOCATING)
def _views(
    cell: int, kept: Kept, steps: int, count: int, gates: int, hidden: int
) -> tuple[ndarray, ndarray, ndarray, int, int]:
    """The arrays of a chunk that begin at these places of the flat ones, and where they end."""
    units = kept.borders.shape[3]
    size = (steps + 1) * count * units
    h = kept.hidden[hidden : hidden + size].reshape((steps + 1, count, units))
    if cell == SIMPLE_RNN:
        return h[1:], h, h, gates, hidden + size
    width = (4 if cell == LSTM else 3) * units
    end = gates + steps * count * width
    z = kept.gates[gates:end].reshape((steps, count, width))
    extra = kept.extra[hidden : hidden + size].reshape((steps + 1, count, units))
    return z, h, extra, end, hidden + size


@njit(**ALLOCATING)
def _room(flat: ndarray, steps: int, count: int, features: int) -> ndarray:
    """`[steps, count, features]` at the beginning of a flat array."""
    return flat[: steps * count * features].reshape((steps, count, features))


@njit(**ALLOCATING)
def _spare(weights: Weights, rows: Rows) -> Spare:
    """Room for the numbers of a step."""
    count, (units, width) = rows.order.size, weights.recurrent_kernel.shape
    return Spare(
        np.empty((count, width), np.float32),
        np.empty((count, units), np.float32),
        np.empty((count, PANEL), np.float32),
    )


@njit(**ALLOCATING)
def _enter(cell: int, borders: ndarray, hidden: ndarray, extra: ndarray) -> None:
    """The states before a chunk into its arrays."""
    for r in range(hidden.shape[1]):
        copy(borders[0, r], hidden[0, r])
        if cell == LSTM:
            copy(borders[1, r], extra[0, r])


@njit(**ALLOCATING)
def _fill_masked(
    backwards: bool, zero_masked: bool, rows: Rows, last: ndarray, column: int, out: ndarray
) -> None:
    """Outputs of masked steps: zero, or that of the step before, which the state still is."""
    time, units = out.shape[1], last.shape[1]
    if rows.real.size == 0 and rows.active[time - 1] == rows.order.size:
        return
    for r in range(rows.order.size):
        row = rows.order[r]
        for step in range(time):
            at = place(step, time, backwards)
            ended = r >= rows.active[at]
            if not ended and (rows.real.size == 0 or rows.real[row, at]):
                continue
            to = out[row, at, column : column + units]
            if not repeats(rows, r, step, zero_masked):
                clear(to)
            elif ended:
                copy(last[r], to)


@njit(**ALLOCATING)
def _ends(counts: ndarray, chunk: int, time: int, width: int, units: int) -> tuple[int, int]:
    """Sizes of all that is kept: of the gates, and of the states."""
    gates, hidden = 0, 0
    for c in range(counts.size):
        steps = min(chunk, time - c * chunk)
        if counts[c]:
            gates += steps * counts[c] * width
            hidden += (steps + 1) * counts[c] * units
    return gates, hidden


@njit(**ALLOCATING)
def _repeated(
    backwards: bool, zero_masked: bool, rows: Rows, d_out: ndarray, column: int, d_h: ndarray
) -> None:
    """The gradients of outputs after a row's end, which repeat its last state."""
    time, units = d_out.shape[1], d_h.shape[1]
    if backwards:
        return  # what lies after the end is read first: nothing is repeated there
    for r in range(rows.order.size):
        for step in range(time - 1, -1, -1):
            if r < rows.active[step]:
                break
            if repeats(rows, r, step, zero_masked):
                add(d_out[rows.order[r], step, column : column + units], d_h[r])


@njit(types.void(*_GIVEN), **ENTRY)
def forward(
    cell: int,
    backwards: bool,
    chunk: int,
    keep: bool,
    zero_masked: bool,
    x: ndarray,
    weights: Weights,
    dropped: ndarray,
    rows: Rows,
    kept: Kept,
    out: ndarray,
    column: int,
) -> None:
    """All chunks forward.

    Args:
        cell: of `models.kernels.recurrent.chunk`.
        backwards: whether time is read backwards.
        chunk: steps of a chunk.
        keep: whether `kept` holds all chunks or one.
        zero_masked: whether the output of a masked step is zero.
        x: float32 `[batch, time, features]`.
        weights: of the layer.
        dropped: masks of recurrent dropout, float32 `[masks, batch, units]`.
        rows: some of the batch.
        kept: its `borders[0]` holds the first states; the rest is written.
        out: float32 `[batch, time, any]`, where the outputs are written; not if it is empty.
        column: the first feature of `out`.
    """
    before = flush_denormals()
    time, features = x.shape[1], x.shape[2]
    inputs = np.empty(chunk * rows.order.size * features, np.float32)
    spare = _spare(weights, rows)
    arranged = panels(weights.recurrent_kernel, False)
    gates_at, hidden_at = 0, 0
    for c in range(rows.counts.size):
        count, begin = rows.counts[c], c * chunk
        steps = min(chunk, time - begin)
        for k in range(kept.borders.shape[1]):  # numba compiles `[:] =` for seconds
            for r in range(kept.borders.shape[2]):
                copy(kept.borders[c, k, r], kept.borders[c + 1, k, r])
        if count == 0:
            continue
        z, hidden, extra, gates_end, hidden_end = _views(
            cell, kept, steps, count, gates_at, hidden_at
        )
        _enter(cell, kept.borders[c], hidden, extra)
        chunks.forward(
            cell, begin, backwards, x, weights, arranged, dropped, rows,
            _room(inputs, steps, count, features), spare, z, hidden, extra,
        )  # fmt: skip
        for r in range(count):
            copy(hidden[steps, r], kept.borders[c + 1, 0, r])
            if cell == LSTM:
                copy(extra[steps, r], kept.borders[c + 1, 1, r])
        if out.size:
            store(hidden[1:], rows.order, begin, backwards, count, column, out)
        if keep:
            gates_at, hidden_at = gates_end, hidden_end
    if out.size:
        _fill_masked(backwards, zero_masked, rows, kept.borders[-1, 0], column, out)
    restore(before)


@njit(types.void(*_GIVEN, CUBE, CUBE, WEIGHTS), **ENTRY)
def backward(
    cell: int,
    backwards: bool,
    chunk: int,
    keep: bool,
    zero_masked: bool,
    x: ndarray,
    weights: Weights,
    dropped: ndarray,
    rows: Rows,
    kept: Kept,
    d_out: ndarray,
    column: int,
    d_states: ndarray,
    d_x: ndarray,
    d_weights: Weights,
) -> None:
    """All chunks backward.

    Args:
        cell: as of `forward`, and so the arguments up to `kept`.
        backwards: whether time is read backwards.
        chunk: steps of a chunk.
        keep: whether `kept` holds all chunks.
        zero_masked: whether the output of a masked step is zero.
        x: float32 `[batch, time, features]`.
        weights: of the layer.
        dropped: masks of recurrent dropout.
        rows: some of the batch.
        kept: of `forward`; not changed where it holds all chunks, else room for one.
        d_out: float32 `[batch, time, any]`, gradients of the outputs; empty for none.
        column: the first feature of `d_out`.
        d_states: float32 `[states, rows, units]`, gradients of the last states; become those of
            the first.
        d_x: float32 `[batch, time, features]`, is written; not if it is empty.
        d_weights: is written.
    """
    before = flush_denormals()
    time, features, units = x.shape[1], x.shape[2], d_states.shape[2]
    width, most = weights.kernel.shape[1], chunk * rows.order.size
    d_weights.kernel[:] = 0
    d_weights.recurrent_kernel[:] = 0
    d_weights.bias[:] = 0
    if d_out.size:
        _repeated(backwards, zero_masked, rows, d_out, column, d_states[0])
    inputs, spare = np.empty(most * features, np.float32), _spare(weights, rows)
    outputs, d_gates = np.zeros(most * units, np.float32), np.empty(most * width, np.float32)
    d_recurrent = np.empty(most * width if cell == GRU else 0, np.float32)
    arranged, ahead = panels(weights.recurrent_kernel, True), np.empty((0, 0, 0), np.float32)
    if not keep:
        ahead = panels(weights.recurrent_kernel, False)
    gates_at, hidden_at = _ends(rows.counts, chunk, time, width, units)
    for c in range(rows.counts.size - 1, -1, -1):
        count, begin = rows.counts[c], c * chunk
        steps = min(chunk, time - begin)
        room = _room(inputs, steps, count, features)
        if count == 0:
            if d_x.size:
                store(room, rows.order, begin, backwards, 0, 0, d_x)
            continue
        gates_at -= steps * count * width
        hidden_at -= (steps + 1) * count * units
        z, hidden, extra, _, _ = _views(
            cell, kept, steps, count, gates_at if keep else 0, hidden_at if keep else 0
        )
        if not keep:
            _enter(cell, kept.borders[c], hidden, extra)
            chunks.forward(
                cell, begin, backwards, x, weights, ahead, dropped, rows, room, spare, z, hidden,
                extra,
            )  # fmt: skip
        d_chunk = _room(outputs, steps, count, units)
        if d_out.size:
            load(d_out, rows.order, begin, backwards, count, column, d_chunk)
        d_z = _room(d_gates, steps, count, width)
        d_a = _room(d_recurrent, steps, count, width) if cell == GRU else d_z
        chunks.backward(
            cell, begin, backwards, zero_masked, x, weights, arranged, dropped, rows, room, spare,
            z, hidden, extra, d_chunk, d_z, d_a, d_states[0], d_states[-1], d_x, d_weights,
        )  # fmt: skip
    restore(before)
