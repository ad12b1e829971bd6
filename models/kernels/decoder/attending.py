"""Attention of one state over the memory of its row, forward and backward: `dot` or `additive`.

With the state h, keys k_s, values v_s and, of additive attention, a query q and a vector e:

    dot        score_s = h . k_s
    additive   score_s = e . tanh(q + k_s)
    weights = softmax(score) over the real steps,    context = sum over s of weights_s v_s
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy import ndarray

from models.kernels.options import INNER
from models.kernels.recurrent.activations import exp, tanh
from models.kernels.vectors import add, add_times, dot

f4 = np.float32


@njit(**INNER)
def _hidden(query: ndarray, key: ndarray, hidden: ndarray) -> None:
    for j in range(hidden.size):
        hidden[j] = tanh(query[j] + key[j])


@njit(**INNER)
def _hidden_back(d_score: np.float32, vector: ndarray, hidden: ndarray) -> None:
    for j in range(hidden.size):
        hidden[j] = d_score * vector[j] * (f4(1) - hidden[j] * hidden[j])


@njit(**INNER)
def attend(
    asked: ndarray,
    keys: ndarray,
    values: ndarray,
    real: ndarray,
    vector: ndarray,
    hidden: ndarray,
    weights: ndarray,
    context: ndarray,
) -> None:
    """Forward.

    Args:
        asked: h of `dot` attention, q of `additive`, float32 `[units]`.
        keys: float32 `[steps, units]`.
        values: float32 `[steps, features]`.
        real: bool `[steps]`.
        vector: e, float32 `[units]`; of `dot` attention empty.
        hidden: float32 `[units]`, room to work.
        weights: float32 `[steps]`, becomes the weights: zeros at padding.
        context: float32 `[features]`, the context is added to it.
    """
    steps, top = weights.size, f4(-1e9)
    for s in range(steps):
        weights[s] = 0
        if not real[s]:
            continue
        if vector.size:
            _hidden(asked, keys[s], hidden)
            weights[s] = dot(vector, hidden)
        else:
            weights[s] = dot(asked, keys[s])
        top = weights[s] if weights[s] > top else top
    total = f4(0)
    for s in range(steps):
        weights[s] = exp(weights[s] - top) if real[s] else f4(0)
        total += weights[s]
    for s in range(steps):
        if real[s]:
            weights[s] /= total
            add_times(weights[s], values[s], context)


@njit(**INNER)
def attend_back(
    asked: ndarray,
    keys: ndarray,
    values: ndarray,
    real: ndarray,
    vector: ndarray,
    hidden: ndarray,
    weights: ndarray,
    d_context: ndarray,
    d_weights: ndarray,
    d_asked: ndarray,
    d_keys: ndarray,
    d_values: ndarray,
    d_vector: ndarray,
) -> None:
    """Backward.

    Args:
        asked: as of `attend`, as all to `weights`.
        keys: float32 `[steps, units]`.
        values: float32 `[steps, features]`.
        real: bool `[steps]`.
        vector: float32 `[units]` or empty.
        hidden: float32 `[units]`, room to work.
        weights: float32 `[steps]`.
        d_context: float32 `[features]`.
        d_weights: float32 `[steps]`, from elsewhere; becomes the gradient of the scores.
        d_asked: float32 `[units]`, the gradient of what was asked is added to it.
        d_keys: float32 `[steps, units]`, the gradient is added to it.
        d_values: float32 `[steps, features]`, the gradient is added to it.
        d_vector: float32 `[units]` or empty, the gradient is added to it.
    """
    mean = f4(0)
    for s in range(weights.size):
        if real[s]:
            d_weights[s] += dot(d_context, values[s])
            mean += weights[s] * d_weights[s]
            add_times(weights[s], d_context, d_values[s])
    for s in range(weights.size):
        if not real[s]:
            continue
        d_weights[s] = weights[s] * (d_weights[s] - mean)
        if vector.size:
            _hidden(asked, keys[s], hidden)
            add_times(d_weights[s], hidden, d_vector)
            _hidden_back(d_weights[s], vector, hidden)
            add(hidden, d_asked)
            add(hidden, d_keys[s])
        else:
            add_times(d_weights[s], keys[s], d_asked)
            add_times(d_weights[s], asked, d_keys[s])
