"""What input feeding is given and leaves: see `models.kernels.decoder.feeding`."""

from __future__ import annotations

from typing import NamedTuple

from numba import types
from numpy import ndarray

from models.kernels.options import CUBE, FLAT, MATRIX


class Given(NamedTuple):
    """What there is before the first step, or its gradients.

    Attributes:
        x: float32 `[batch, time, wide]`.
        keys: float32 `[batch, steps, units]`.
        values: float32 `[batch, steps, units]`.
    """

    x: ndarray
    keys: ndarray
    values: ndarray


class Weights(NamedTuple):
    """The weights, or their gradients.

    Attributes:
        asking: R, float32 `[units, all]`.
        feeding: W_a, float32 `[units, wide]`.
        bias: b, float32 `[1 or 2, wide]`.
        vector: of additive attention, float32 `[units]`, or empty.
    """

    asking: ndarray
    feeding: ndarray
    bias: ndarray
    vector: ndarray


class States(NamedTuple):
    """The states, or their gradients: float32 `[batch, units]` each.

    Attributes:
        h: of the cell.
        a: the attentional state.
        c: of an LSTM; of another cell anything.
    """

    h: ndarray
    a: ndarray
    c: ndarray


class Kept(NamedTuple):
    """What a pass forward leaves for the way back, the rows in their order.

    Attributes:
        gates: float32 `[time, rows, wide]`; of a simple RNN the same as `h[1:]`.
        h: float32 `[time + 1, rows, units]`.
        a: float32 `[time + 1, rows, units]`.
        extra: float32 `[time + 1, rows, units]`, of `models.kernels.recurrent.chunk`.
        asked: float32 `[time, rows, units]`, z; of `dot` attention empty.
        attention: float32 `[time, rows, steps]`.
    """

    gates: ndarray
    h: ndarray
    a: ndarray
    extra: ndarray
    asked: ndarray
    attention: ndarray


GIVEN = types.NamedUniTuple(CUBE, 3, Given)
WEIGHTS = types.NamedTuple([MATRIX, MATRIX, MATRIX, FLAT], Weights)
STATES = types.NamedUniTuple(MATRIX, 3, States)
KEPT = types.NamedUniTuple(CUBE, 6, Kept)
