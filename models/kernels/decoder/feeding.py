"""Input feeding with one layer: cell and attention, step by step, for a part of the rows.

With x_t what the inputs alone give to the gates, a the attentional states, and [U W_h W_q] one
matrix R, beside each other because all of them are asked by h:

    [q_(t+1), y_t, z_t] = h_t R            q_1 = h_0 U
    h_t = cell(x_t + a_(t-1) W_a, q_t)     with the biases b
    a_t = tanh(y_t + context),             context of the attention of h_t, or of z_t if additive

A row whose step is not real keeps its states, and they are what it gives. A row that has ended is
multiplied no more. `wide` is `gates * units`, `all` the columns of R.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy import ndarray

from models.kernels.blas import transposed_product
from models.kernels.decoder.attending import attend, attend_back
from models.kernels.decoder.fed import GIVEN, KEPT, STATES, WEIGHTS, Given, Kept, States, Weights
from models.kernels.machine import flush_denormals, restore
from models.kernels.options import CUBE, ENTRY, INNER, MASK
from models.kernels.recurrent import gru, lstm, simple_rnn
from models.kernels.recurrent.activations import tanh
from models.kernels.recurrent.chunk import GRU, LSTM
from models.kernels.recurrent.panels import PANEL, panel_product, panels
from models.kernels.recurrent.rows import ROWS, Rows, masked
from models.kernels.vectors import add, clear, copy

ONE = np.float32(1)


@njit(**INNER)
def _join(row: ndarray) -> None:
    for j in range(row.size):
        row[j] = tanh(row[j])


@njit(**INNER)
def _join_back(d_a: ndarray, a: ndarray, d_context: ndarray) -> None:
    for j in range(a.size):
        d_context[j] = d_a[j] * (ONE - a[j] * a[j])


@njit(**INNER)
def _cell(
    cell: int, t: int, count: int, rows: Rows, asked: ndarray, bias: ndarray, kept: Kept
) -> None:
    """All rows of a step, whose `gates` hold x + a W_a, and whose `asked` begin with q."""
    gates, h, _, extra, _, _ = kept
    for r in range(rows.order.size):
        if r >= count or masked(rows, r, t):
            copy(h[t, r], h[t + 1, r])
            copy(extra[t, r], extra[t + 1, r])
            continue
        z, q = gates[t, r], asked[r, : gates.shape[2]]
        if cell == GRU:
            gru.forward(z, q, bias[0], bias[1], h[t, r], extra[t + 1, r], h[t + 1, r])
            continue
        add(q, z)
        if cell == LSTM:
            lstm.forward(z, bias[0], extra[t, r], extra[t + 1, r], h[t + 1, r])
        else:
            simple_rnn.forward(z, bias[0])


@njit(**INNER)
def _cell_back(
    cell: int,
    t: int,
    count: int,
    rows: Rows,
    kept: Kept,
    none: ndarray,
    d_h: ndarray,
    d_c: ndarray,
    d_gates: ndarray,
    d_asked: ndarray,
) -> None:
    """Gradients of a step's x and q, and of the states before it but for what q gives them."""
    gates, h, _, extra, _, _ = kept
    for r in range(rows.order.size):
        d_z, d_q = d_gates[t, r], d_asked[t, r, : gates.shape[2]]
        if r >= count or masked(rows, r, t):
            clear(d_z)
            clear(d_q)
        elif cell == GRU:
            gru.backward(gates[t, r], extra[t + 1, r], h[t, r], none, d_h[r], d_z, d_q)
        elif cell == LSTM:
            lstm.backward(gates[t, r], extra[t, r], extra[t + 1, r], none, d_h[r], d_c[r], d_z)
            copy(d_z, d_q)
        else:
            simple_rnn.backward(h[t + 1, r], none, d_h[r], d_z)
            copy(d_z, d_q)


@njit(types.void(types.int64, ROWS, MASK, GIVEN, WEIGHTS, STATES, KEPT, CUBE, CUBE), **ENTRY)
def forward(
    cell: int,
    rows: Rows,
    seen: ndarray,
    given: Given,
    weights: Weights,
    states: States,
    kept: Kept,
    outputs: ndarray,
    attention: ndarray,
) -> None:
    """Forward.

    Args:
        cell: of `models.kernels.recurrent.chunk`.
        rows: some of the batch.
        seen: bool `[batch, steps]`, the real steps of the memory.
        given: see there.
        weights: see there.
        states: before the first step; after the last one those of these rows.
        kept: is written.
        outputs: float32 `[batch, time, units]`, becomes the attentional states.
        attention: float32 `[batch, time, steps]`, becomes the weights of the memory.
    """
    before = flush_denormals()
    # Said as variables, because for a literal the products would be compiled once more.
    adding, writing = types.boolean(True), types.boolean(False)
    (units, wide), every = weights.feeding.shape, weights.asking.shape[1]
    n, vector = rows.order.size, weights.vector
    _, h, a, extra, _, _ = kept
    room, spare = np.empty((n, every), np.float32), np.empty((n, PANEL), np.float32)
    hidden = np.empty(units, np.float32)
    asking, feeding = panels(weights.asking, False), panels(weights.feeding, False)
    for r in range(n):
        row = rows.order[r]
        copy(states.h[row], h[0, r])
        copy(states.a[row], a[0, r])
        copy(states.c[row], extra[0, r])
    panel_product(n, h[0], units, asking, every, writing, room, every, spare)
    for t in range(rows.active.size):
        count = rows.active[t]
        for r in range(count):
            copy(given.x[rows.order[r], t], kept.gates[t, r])
        panel_product(count, a[t], units, feeding, wide, adding, kept.gates[t], wide, spare)
        _cell(cell, t, count, rows, room, weights.bias, kept)
        panel_product(count, h[t + 1], units, asking, every, writing, room, every, spare)
        for r in range(n):
            row, to = rows.order[r], a[t + 1, r]
            if r >= count or masked(rows, r, t):
                copy(a[t, r], to)
                clear(attention[row, t])
            else:
                copy(room[r, wide : wide + units], to)
                asked = h[t + 1, r]
                if vector.size:
                    asked = kept.asked[t, r]
                    copy(room[r, wide + units :], asked)
                attend(
                    asked, given.keys[row], given.values[row], seen[row], vector, hidden,
                    kept.attention[t, r], to,
                )  # fmt: skip
                _join(to)
                copy(kept.attention[t, r], attention[row, t])
            copy(to, outputs[row, t])
    for r in range(n):
        row = rows.order[r]
        copy(h[-1, r], states.h[row])
        copy(a[-1, r], states.a[row])
        copy(extra[-1, r], states.c[row])
    restore(before)


@njit(
    types.void(
        *(types.int64, ROWS, MASK, GIVEN, WEIGHTS, KEPT, CUBE, CUBE, STATES, GIVEN, WEIGHTS),
        *(CUBE, CUBE),
    ),
    **ENTRY,
)
def backward(
    cell: int,
    rows: Rows,
    seen: ndarray,
    given: Given,
    weights: Weights,
    kept: Kept,
    d_outputs: ndarray,
    d_attention: ndarray,
    d_states: States,
    d_given: Given,
    d_weights: Weights,
    d_gates: ndarray,
    d_asking: ndarray,
) -> None:
    """Backward.

    Args:
        cell: as of `forward`, as all to `kept`.
        rows: some of the batch.
        seen: bool `[batch, steps]`.
        given: see there.
        weights: see there.
        kept: of `forward`.
        d_outputs: float32 `[batch, time, units]`.
        d_attention: float32 `[batch, time, steps]`, is overwritten.
        d_states: gradients of the states at the end, become those at the beginning.
        d_given: is written, for these rows.
        d_weights: is written.
        d_gates: float32 `[time, rows, wide]`, room for the gradients of x.
        d_asking: float32 `[time + 1, rows, all]`, room for the gradients of h R.
    """
    before = flush_denormals()
    adding = types.boolean(True)
    (units, wide), every = weights.feeding.shape, weights.asking.shape[1]
    n, time, vector = rows.order.size, rows.active.size, weights.vector
    d_h, d_a = np.empty((n, units), np.float32), np.empty((n, units), np.float32)
    d_c, spare = np.empty((n, units), np.float32), np.empty((n, PANEL), np.float32)
    hidden, none = np.empty(units, np.float32), np.zeros(units, np.float32)
    asking, feeding = panels(weights.asking, True), panels(weights.feeding, True)
    d_weights.vector[:] = 0
    d_weights.bias[:] = 0
    for r in range(n):
        row = rows.order[r]
        copy(d_states.h[row], d_h[r])
        copy(d_states.a[row], d_a[r])
        copy(d_states.c[row], d_c[r])
        clear(d_asking[time, r, :wide])
        clear(d_asking[0, r, wide:])
        d_given.keys[row] = 0
        d_given.values[row] = 0
    for t in range(time - 1, -1, -1):
        count = rows.active[t]
        for r in range(n):
            row = rows.order[r]
            add(d_outputs[row, t], d_a[r])
            d_joined = d_asking[t + 1, r, wide:]
            clear(d_joined)
            if r >= count or masked(rows, r, t):
                continue
            _join_back(d_a[r], kept.a[t + 1, r], d_joined[:units])
            clear(d_a[r])
            asked, d_asked = kept.h[t + 1, r], d_h[r]
            if vector.size:
                asked, d_asked = kept.asked[t, r], d_joined[units:]
            attend_back(
                asked, given.keys[row], given.values[row], seen[row], vector, hidden,
                kept.attention[t, r], d_joined[:units], d_attention[row, t], d_asked,
                d_given.keys[row], d_given.values[row], d_weights.vector,
            )  # fmt: skip
        # What h_t is given by q_(t+1) as well, whose gradient is there since the step before.
        panel_product(count, d_asking[t + 1], every, asking, units, adding, d_h, units, spare)
        _cell_back(cell, t, count, rows, kept, none, d_h, d_c, d_gates, d_asking)
        panel_product(count, d_gates[t], wide, feeding, units, adding, d_a, units, spare)
    panel_product(n, d_asking[0], every, asking, units, adding, d_h, units, spare)
    for r in range(n):
        row = rows.order[r]
        copy(d_h[r], d_states.h[row])
        copy(d_a[r], d_states.a[row])
        copy(d_c[r], d_states.c[row])
        for t in range(time):
            copy(d_gates[t, r], d_given.x[row, t])
            add(d_gates[t, r], d_weights.bias[0])
            if cell == GRU:
                add(d_asking[t, r, :wide], d_weights.bias[1])
    steps = time * n
    transposed_product(
        units, every, steps + n, kept.h, units, d_asking, every, False, d_weights.asking, every
    )
    transposed_product(
        units, wide, steps, kept.a, units, d_gates, wide, False, d_weights.feeding, wide
    )
    restore(before)
