"""Input feeding with one layer: cell and attention, step by step, for a part of the rows.

With x_t what the inputs alone give to the gates, a the attentional states, and [U W_h W_q] one
matrix R, beside each other because all of them are asked by h:

    [q_(t+1), y_t, z_t] = h_t R            q_1 = h_0 U
    h_t = cell(x_t + a_(t-1) W_a, q_t + b)
    a_t = tanh(y_t + context),             context of the attention of h_t, or of z_t if additive

A row whose step is not real keeps its states, and they are what it gives. Rows are in descending
order of their last real step, so that those that have ended are multiplied no more. `wide` is
`gates * units`, `all` the columns of R; arrays begin with time, then rows.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from models.kernels.attending import attend, attend_back
from models.kernels.cells import step, step_back
from models.kernels.compiled import LOOP, N, T, f4, product, tanh


@njit(**LOOP)
def forward(kind, rows, active, real, seen, given, weights, states, kept, made):
    """Forward.

    Args:
        kind: of `models.kernels.cells.KINDS`.
        rows: int64 `[n]`, the rows of the batch.
        active: int64 `[time]`, how many have not ended.
        real: bool `[batch, time]`.
        seen: bool `[batch, steps]`, the real steps of the memory.
        given: x `[batch, time, wide]`, keys `[batch, steps, units]`, values likewise.
        weights: R `[units, all]`, W_a `[units, wide]`, b `[wide]`, the vector of additive attention
            `[units]` or empty.
        states: h and a, and c or of another cell h again, `[batch, units]` each.
        kept: for `backward`: gates `[time, n, wide]`, h and a `[time + 1, n, units]`, `more` of
            `models.kernels.cells` likewise, asked `[time, n, units]`.
        made: outputs `[batch, time, units]` and attention `[batch, time, steps]`.
    """
    xs, keys, values = given
    r, w_a, bias, vector = weights
    gates, h, a, more, asked = kept
    outputs, attention = made
    units, wide, every = w_a.shape[0], w_a.shape[1], r.shape[1]
    room, hidden = np.empty((len(rows), every), np.float32), np.empty(units, np.float32)
    for i in range(len(rows)):
        h[0, i], a[0, i], more[0, i] = states[0][rows[i]], states[1][rows[i]], states[2][rows[i]]
    product(N, N, len(rows), wide, units, h[0], units, r, every, f4(0), room, every)
    for t in range(len(active)):
        count = active[t]
        for i in range(count):
            gates[t, i] = xs[rows[i], t]
        product(N, N, count, wide, units, a[t], units, w_a, wide, f4(1), gates[t], wide)
        for i in range(len(rows)):
            if i < count and real[rows[i], t]:
                room[i, :wide] += bias
                step(kind, gates[t, i], room[i], h[t, i], more[t, i], h[t + 1, i], more[t + 1, i])
            else:
                h[t + 1, i], more[t + 1, i] = h[t, i], more[t, i]
        product(N, N, count, every, units, h[t + 1], units, r, every, f4(0), room, every)
        for i in range(len(rows)):
            row = rows[i]
            if i < count and real[row, t]:
                to = a[t + 1, i]
                to[:] = room[i, wide : wide + units]
                asked[t, i] = room[i, wide + units :] if len(vector) else h[t + 1, i]
                beside = (keys[row], values[row], seen[row], vector, hidden)
                attend(asked[t, i], *beside, attention[row, t], to)
                for j in range(units):
                    to[j] = tanh(to[j])
            else:
                a[t + 1, i] = a[t, i]
                attention[row, t] = 0
            outputs[row, t] = a[t + 1, i]


@njit(**LOOP)
def backward(
    kind,
    rows,
    active,
    real,
    seen,
    given,
    weights,
    kept,
    attention,
    d_made,
    d_states,
    d_given,
    d_weights,
    d_gates,
    d_asking,
):
    """Backward.

    Args:
        kind: as of `forward`, as all to `kept`.
        rows: int64 `[n]`.
        active: int64 `[time]`.
        real: bool `[batch, time]`.
        seen: bool `[batch, steps]`.
        given: see `forward`.
        weights: see `forward`.
        kept: see `forward`.
        attention: float32 `[batch, time, steps]`.
        d_made: gradients of outputs and attention; that of the attention is overwritten.
        d_states: of `states`: gradients of those at the end, become those at the beginning.
        d_given: gradients of `given`, zeros before.
        d_weights: gradients of `weights`, become those of these rows.
        d_gates: `[time, n, wide]`, room for the gradients of x.
        d_asking: `[time + 1, n, all]`, room for the gradients of h R.
    """
    _, keys, values = given
    r, w_a, _, vector = weights
    gates, h, a, more, asked = kept
    d_outputs, d_attention = d_made
    d_xs, d_keys, d_values = d_given
    d_r, d_w_a, d_bias, d_vector = d_weights
    units, wide, every, n = w_a.shape[0], w_a.shape[1], r.shape[1], len(rows)
    d_h, d_a = np.empty((n, units), np.float32), np.empty((n, units), np.float32)
    d_c, hidden = np.empty((n, units), np.float32), np.empty(units, np.float32)
    d_vector[:], d_gates[:], d_asking[:] = 0, 0, 0
    for i in range(n):
        row = rows[i]
        d_h[i], d_a[i], d_c[i] = d_states[0][row], d_states[1][row], d_states[2][row]
    for t in range(len(active) - 1, -1, -1):
        count = active[t]
        for i in range(n):
            row = rows[i]
            d_a[i] += d_outputs[row, t]
            if i < count and real[row, t]:
                d_context = d_asking[t + 1, i, wide : wide + units]
                for j in range(units):
                    d_context[j] = d_a[i, j] * (f4(1) - a[t + 1, i, j] * a[t + 1, i, j])
                d_asked = d_asking[t + 1, i, wide + units :] if len(vector) else d_h[i]
                beside = (keys[row], values[row], seen[row], vector, hidden, attention[row, t])
                back = (d_context, d_attention[row, t], d_asked, d_keys[row], d_values[row])
                attend_back(asked[t, i], *beside, *back, d_vector)
        # What h_t is given by q_(t+1) as well, whose gradient is there since the step before.
        product(N, T, count, units, every, d_asking[t + 1], every, r, every, f4(1), d_h, units)
        for i in range(count):
            if real[rows[i], t]:
                before = (h[t, i], more[t, i], h[t + 1, i], more[t + 1, i])
                back = (d_gates[t, i], d_asking[t, i], d_h[i], d_c[i])
                step_back(kind, gates[t, i], *before, *back)
                d_a[i] = 0
        product(N, T, count, units, wide, d_gates[t], wide, w_a, wide, f4(1), d_a, units)
    product(N, T, n, units, wide, d_asking[0], every, r, every, f4(1), d_h, units)
    for i in range(n):
        row = rows[i]
        d_states[0][row], d_states[1][row], d_states[2][row] = d_h[i], d_a[i], d_c[i]
        for t in range(len(active)):
            d_xs[row, t] = d_gates[t, i]
    steps = len(active) * n
    product(T, N, units, every, steps + n, h, units, d_asking, every, f4(0), d_r, every)
    product(T, N, units, wide, steps, a, units, d_gates, wide, f4(0), d_w_a, wide)
    d_bias[:] = 0
    for t in range(len(active)):
        for i in range(n):
            for j in range(wide):
                d_bias[j] += d_asking[t, i, j]
