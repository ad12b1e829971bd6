"""One step of a recurrent cell for one row, forward and backward.

The equations are those of `models.recurrent`: x is what the input gives to the gates, q what the
state gives. Forward, `gates` is x before and the gates' activations after; `more` is the cell
state c_t of an LSTM, and of a GRU what the state gives to the candidate, a_g. Backward, `d_x` and
`d_q` become the gradients of x and q; `d_h` is the gradient of h_t before, and after what h_(t-1)
is given other than through q; `d_c` that of c_t, and of c_(t-1) after.
"""

from __future__ import annotations

from numba import njit

from models.kernels.compiled import LOOP, f4, sigmoid, tanh

SIMPLE_RNN, LSTM, GRU = range(3)
KINDS = {"simple_rnn": SIMPLE_RNN, "lstm": LSTM, "gru": GRU}


@njit(**LOOP)
def step(kind, gates, q, h_before, before, h, more):
    """Forward: see above.

    Args:
        kind: of `KINDS`.
        gates: `[gates * units]`.
        q: `[gates * units]`.
        h_before: `[units]`.
        before: c_(t-1) of an LSTM, `[units]`.
        h: `[units]`, becomes h_t.
        more: `[units]`.
    """
    if kind == LSTM:
        _lstm(gates, q, before, h, more)
    elif kind == GRU:
        _gru(gates, q, h_before, h, more)
    else:
        for j in range(len(h)):
            h[j] = tanh(gates[j] + q[j])


@njit(**LOOP)
def step_back(kind, gates, h_before, before, h, more, d_x, d_q, d_h, d_c):
    """Backward: see above.

    Args:
        kind: of `KINDS`.
        gates: as `step` left it.
        h_before: `[units]`.
        before: as of `step`.
        h: `[units]`.
        more: as `step` left it.
        d_x: `[gates * units]`.
        d_q: `[gates * units]`.
        d_h: `[units]`.
        d_c: `[units]`.
    """
    if kind == LSTM:
        _lstm_back(gates, before, more, d_x, d_h, d_c)
        for j in range(len(d_x)):
            d_q[j] = d_x[j]
    elif kind == GRU:
        _gru_back(gates, h_before, more, d_x, d_q, d_h)
    else:
        for j in range(len(h)):
            d_x[j] = d_h[j] * (f4(1) - h[j] * h[j])
        for j in range(len(h)):
            d_q[j] = d_x[j]
            d_h[j] = f4(0)


@njit(**LOOP)
def _lstm(z, q, before, h, c):
    u = len(h)
    for j in range(4 * u):
        z[j] += q[j]
    for j in range(2 * u):
        z[j] = sigmoid(z[j])
    for j in range(2 * u, 3 * u):
        z[j] = tanh(z[j])
    for j in range(3 * u, 4 * u):
        z[j] = sigmoid(z[j])
    for j in range(u):
        c[j] = z[u + j] * before[j] + z[j] * z[2 * u + j]
    for j in range(u):
        h[j] = z[3 * u + j] * tanh(c[j])


@njit(**LOOP)
def _lstm_back(z, before, c, d_z, d_h, d_c):
    u = len(c)
    i, f, g, o = z[:u], z[u : 2 * u], z[2 * u : 3 * u], z[3 * u :]
    for j in range(u):
        d_z[3 * u + j] = tanh(c[j])
    for j in range(u):
        t = d_z[3 * u + j]
        d_c[j] += d_h[j] * o[j] * (f4(1) - t * t)
    for j in range(u):
        d_z[3 * u + j] *= d_h[j] * o[j] * (f4(1) - o[j])
    for j in range(u):
        d_z[j] = d_c[j] * g[j] * i[j] * (f4(1) - i[j])
    for j in range(u):
        d_z[u + j] = d_c[j] * before[j] * f[j] * (f4(1) - f[j])
    for j in range(u):
        d_z[2 * u + j] = d_c[j] * i[j] * (f4(1) - g[j] * g[j])
    for j in range(u):
        d_c[j] *= f[j]
        d_h[j] = f4(0)


@njit(**LOOP)
def _gru(z, q, h_before, h, candidate):
    u = len(h)
    for j in range(2 * u):
        z[j] = sigmoid(z[j] + q[j])
    for j in range(u):
        candidate[j] = q[2 * u + j]
    for j in range(u):
        z[2 * u + j] = tanh(z[2 * u + j] + z[u + j] * candidate[j])
    for j in range(u):
        h[j] = z[2 * u + j] + z[j] * (h_before[j] - z[2 * u + j])


@njit(**LOOP)
def _gru_back(z, h_before, candidate, d_x, d_q, d_h):
    u = len(h_before)
    up, reset, g = z[:u], z[u : 2 * u], z[2 * u :]
    for j in range(u):
        d_x[2 * u + j] = d_h[j] * (f4(1) - up[j]) * (f4(1) - g[j] * g[j])
    for j in range(u):
        d_x[j] = d_h[j] * (h_before[j] - g[j]) * up[j] * (f4(1) - up[j])
    for j in range(u):
        d_x[u + j] = d_x[2 * u + j] * candidate[j] * reset[j] * (f4(1) - reset[j])
    for j in range(2 * u):
        d_q[j] = d_x[j]
    for j in range(u):
        d_q[2 * u + j] = d_x[2 * u + j] * reset[j]
    for j in range(u):
        d_h[j] *= up[j]
