"""A recurrent layer over a chunk of time: products over all its steps, and the loop between them.

What the way back needs of a chunk lies in three arrays: `gates` `[steps, rows, gates * units]`,
`hidden` `[steps + 1, rows, units]`, the state before and after each step, and `extra`, of the same
shape, the cell of an LSTM and a_g of a GRU. A step that is masked, and one after the end of a row,
leaves the state as it was.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit
from numpy import ndarray

from models.kernels.blas import product, product_transposed, transposed_product
from models.kernels.options import INNER
from models.kernels.recurrent import gru, lstm, simple_rnn
from models.kernels.recurrent.recurrent_product import (
    Spare,
    kernel_back,
    recurrent_product,
    recurrent_product_back,
)
from models.kernels.recurrent.rows import Rows, load, masked, place, repeats, store
from models.kernels.vectors import add, clear, copy

SIMPLE_RNN, LSTM, GRU = 0, 1, 2
"""The cells."""


class Weights(NamedTuple):
    """Of a layer, or their gradients.

    Attributes:
        kernel: W, float32 `[features, gates * units]`.
        recurrent_kernel: U, float32 `[units, gates * units]`.
        bias: float32 `[1 or 2, gates * units]`, b and of a GRU b'.
    """

    kernel: ndarray
    recurrent_kernel: ndarray
    bias: ndarray


@njit(**INNER)
def forward(
    cell: int,
    begin: int,
    backwards: bool,
    x: ndarray,
    weights: Weights,
    arranged: ndarray,
    dropped: ndarray,
    rows: Rows,
    inputs: ndarray,
    spare: Spare,
    gates: ndarray,
    hidden: ndarray,
    extra: ndarray,
) -> None:
    """The chunk from its first state on, which `hidden[0]` and of an LSTM `extra[0]` hold.

    Args:
        cell: one of the cells above.
        begin: the first step, in the order of reading.
        backwards: whether time is read backwards.
        x: float32 `[batch, time, features]`.
        weights: of the layer.
        arranged: U in panels.
        dropped: of `recurrent_product`.
        rows: of the batch.
        inputs: float32 `[steps, rows, features]`, room for x.
        spare: room.
        gates: is written; of a simple RNN the same as `hidden[1:]`.
        hidden: is written but for its first step.
        extra: as `hidden`.
    """
    steps, count, width = gates.shape
    features, time = x.shape[2], x.shape[1]
    load(x, rows.order, begin, backwards, count, 0, inputs)
    product(
        steps * count, width, features, inputs, features, weights.kernel, width, False, gates, width
    )
    for t in range(steps):
        at = place(begin + t, time, backwards)
        going = rows.active[at]
        a = spare.product if cell == GRU else gates[t]
        recurrent_product(
            hidden[t], going, weights, arranged, dropped, rows.order, cell != GRU, a, spare
        )
        for r in range(count):
            if r >= going or masked(rows, r, at):
                copy(hidden[t, r], hidden[t + 1, r])
                if cell == LSTM:
                    copy(extra[t, r], extra[t + 1, r])
            elif cell == LSTM:
                lstm.forward(
                    gates[t, r], weights.bias[0], extra[t, r], extra[t + 1, r], hidden[t + 1, r]
                )
            elif cell == GRU:
                gru.forward(
                    gates[t, r], a[r], weights.bias[0], weights.bias[1],
                    hidden[t, r], extra[t + 1, r], hidden[t + 1, r],
                )  # fmt: skip
            else:
                simple_rnn.forward(hidden[t + 1, r], weights.bias[0])


@njit(**INNER)
def backward(
    cell: int,
    begin: int,
    backwards: bool,
    zero_masked: bool,
    x: ndarray,
    weights: Weights,
    arranged: ndarray,
    dropped: ndarray,
    rows: Rows,
    inputs: ndarray,
    spare: Spare,
    gates: ndarray,
    hidden: ndarray,
    extra: ndarray,
    d_out: ndarray,
    d_z: ndarray,
    d_a: ndarray,
    d_h: ndarray,
    d_c: ndarray,
    d_x: ndarray,
    d_weights: Weights,
) -> None:
    """Backpropagation through the chunk.

    Args:
        cell: as of `forward`, and so the arguments up to `extra`, but for those named here.
        begin: the first step, in the order of reading.
        backwards: whether time is read backwards.
        zero_masked: whether the output of a masked step is zero.
        x: float32 `[batch, time, features]`.
        weights: of the layer.
        arranged: U' in panels.
        dropped: of `recurrent_product`.
        rows: of the batch.
        inputs: float32 `[steps, rows, features]`, room for x and its gradient.
        spare: room.
        gates: of `forward`; not changed.
        hidden: of `forward`.
        extra: of `forward`.
        d_out: float32 `[steps, rows, units]`, gradients of the outputs.
        d_z: float32 `[steps, rows, gates * units]`, becomes the gradient of x W + b.
        d_a: of h U + b', where it differs, in a GRU; else the same array.
        d_h: float32 `[rows, units]`, the gradient of h after the chunk; becomes that before it.
        d_c: of c, as `d_h`.
        d_x: float32 `[batch, time, features]`, is written at these steps; not if it is empty.
        d_weights: is added to.
    """
    steps, count, width = d_z.shape
    features, time = x.shape[2], x.shape[1]
    for t in range(steps - 1, -1, -1):
        at = place(begin + t, time, backwards)
        going = rows.active[at]
        for r in range(count):
            if r >= going or masked(rows, r, at):
                clear(d_z[t, r])
                clear(d_a[t, r])
                if r < going and repeats(rows, r, begin + t, zero_masked):
                    add(d_out[t, r], d_h[r])
            elif cell == LSTM:
                lstm.backward(
                    gates[t, r], extra[t, r], extra[t + 1, r],
                    d_out[t, r], d_h[r], d_c[r], d_z[t, r],
                )  # fmt: skip
            elif cell == GRU:
                gru.backward(
                    gates[t, r], extra[t + 1, r], hidden[t, r],
                    d_out[t, r], d_h[r], d_z[t, r], d_a[t, r],
                )  # fmt: skip
            else:
                simple_rnn.backward(hidden[t + 1, r], d_out[t, r], d_h[r], d_z[t, r])
        recurrent_product_back(d_a[t], going, weights, arranged, dropped, rows.order, d_h, spare)
    load(x, rows.order, begin, backwards, count, 0, inputs)
    transposed_product(
        features, width, steps * count, inputs, features, d_z, width, True, d_weights.kernel, width
    )
    kernel_back(hidden, d_a, dropped, rows.order, d_weights.recurrent_kernel, spare)
    _add_steps(d_z, d_weights.bias[0])
    if cell == GRU:
        _add_steps(d_a, d_weights.bias[1])
    if d_x.size:
        product_transposed(
            steps * count, features, width, d_z, width, weights.kernel, width, False,
            inputs, features,
        )  # fmt: skip
        store(inputs, rows.order, begin, backwards, count, 0, d_x)


@njit(**INNER)
def _add_steps(d_z: ndarray, d_bias: ndarray) -> None:
    for t in range(d_z.shape[0]):
        for r in range(d_z.shape[1]):
            add(d_z[t, r], d_bias)
