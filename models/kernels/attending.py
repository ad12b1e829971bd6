"""Attention of one state over the memory of its row, forward and backward: `dot` or `additive`.

With the state h, keys k_s, values v_s and, of additive attention, a query q and a vector e:

    dot        score_s = h . k_s
    additive   score_s = e . tanh(q + k_s)
    weights = softmax(score) over the real steps,    context = sum over s of weights_s v_s
"""

from __future__ import annotations

from numba import njit

from models.kernels.compiled import LOOP, exp, f4, tanh


@njit(**LOOP)
def _dot(a, b):
    total = f4(0)
    for j in range(len(a)):
        total += a[j] * b[j]
    return total


@njit(**LOOP)
def _add(to, factor, values):
    for j in range(len(to)):
        to[j] += factor * values[j]


@njit(**LOOP)
def _hidden(query, key, hidden):
    for j in range(len(hidden)):
        hidden[j] = tanh(query[j] + key[j])


@njit(**LOOP)
def attend(asked, keys, values, real, vector, hidden, weights, context):
    """Forward.

    Args:
        asked: h of `dot` attention, q of `additive`, `[units]`.
        keys: `[steps, units]`.
        values: `[steps, features]`.
        real: bool `[steps]`.
        vector: e, `[units]`; of `dot` attention empty.
        hidden: `[units]`, room to work.
        weights: `[steps]`, becomes the weights: zeros at padding.
        context: `[features]`, the context is added to it.
    """
    steps, top = len(weights), f4(-1e9)
    for s in range(steps):
        weights[s] = 0
        if not real[s]:
            continue
        if len(vector):
            _hidden(asked, keys[s], hidden)
            weights[s] = _dot(vector, hidden)
        else:
            weights[s] = _dot(asked, keys[s])
        top = weights[s] if weights[s] > top else top
    total = f4(0)
    for s in range(steps):
        weights[s] = exp(weights[s] - top) if real[s] else f4(0)
        total += weights[s]
    for s in range(steps):
        if real[s]:
            weights[s] /= total
            _add(context, weights[s], values[s])


@njit(**LOOP)
def attend_back(
    asked,
    keys,
    values,
    real,
    vector,
    hidden,
    weights,
    d_context,
    d_weights,
    d_asked,
    d_keys,
    d_values,
    d_vector,
):
    """Backward.

    Args:
        asked: as of `attend`, as all to `weights`.
        keys: `[steps, units]`.
        values: `[steps, features]`.
        real: bool `[steps]`.
        vector: `[units]` or empty.
        hidden: `[units]`, room to work.
        weights: `[steps]`.
        d_context: `[features]`.
        d_weights: `[steps]`, from elsewhere; becomes the gradient of the scores.
        d_asked: `[units]`, the gradient of what was asked is added to it.
        d_keys: `[steps, units]`, the gradient is added to it.
        d_values: `[steps, features]`, the gradient is added to it.
        d_vector: `[units]` or empty, the gradient is added to it.
    """
    mean = f4(0)
    for s in range(len(weights)):
        if real[s]:
            d_weights[s] += _dot(d_context, values[s])
            mean += weights[s] * d_weights[s]
            _add(d_values[s], weights[s], d_context)
    for s in range(len(weights)):
        if not real[s]:
            continue
        d_weights[s] = weights[s] * (d_weights[s] - mean)
        if len(vector):
            _hidden(asked, keys[s], hidden)
            _add(d_vector, d_weights[s], hidden)
            for j in range(len(hidden)):
                hidden[j] = d_weights[s] * vector[j] * (f4(1) - hidden[j] * hidden[j])
            _add(d_asked, f4(1), hidden)
            _add(d_keys[s], f4(1), hidden)
        else:
            _add(d_asked, d_weights[s], keys[s])
            _add(d_keys[s], d_weights[s], asked)
