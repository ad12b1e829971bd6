"""A Transformer in plain NumPy, one example at a time and without padding, to compare with."""

import math

import numpy as np

ERF = np.vectorize(math.erf)


def named(layer):
    """The weights by their path below the layer, as float64."""
    return {w.path.partition("/")[2]: np.asarray(w).astype(np.float64) for w in layer.weights}


def normal(x, weights, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6)
    return centred / deviation * weights[f"{name}/gamma"] + weights[f"{name}/beta"]


def attend(x, memory, weights, name, heads, causal):
    """What each step of `x` gets from `memory`, and its weights `[heads, time, steps]`."""
    queries, keys, values = (
        what @ weights[f"{name}/{kind}/kernel"]
        for what, kind in ((x, "query"), (memory, "key"), (memory, "value"))
    )
    d = queries.shape[-1] // heads
    contexts, shares = [], []
    for head in range(heads):
        own = slice(head * d, (head + 1) * d)
        contexts.append(np.zeros((len(x), d)))
        shares.append(np.zeros((len(x), len(memory))))
        for t in range(len(x)):
            seen = t + 1 if causal else len(memory)
            raised = np.exp(keys[:seen, own] @ queries[t, own] / math.sqrt(d))
            shares[-1][t, :seen] = raised / raised.sum()
            contexts[-1][t] = shares[-1][t, :seen] @ values[:seen, own]
    mixed = np.concatenate(contexts, axis=-1) @ weights[f"{name}/output/kernel"]
    return mixed, np.array(shares)


def positions(time, units):
    waves = math.ceil(units / 2)
    table = np.zeros((time, 2 * waves))
    for t in range(time):
        for i in range(waves):
            angle = t / 10000 ** (2 * i / units)
            table[t, i], table[t, waves + i] = math.sin(angle), math.cos(angle)
    return table[:, :units]


def transformer(layer, example, causal=True, memory=None):
    """Outputs and attention of one example.

    Args:
        layer: a built `TransformerStack` or `TransformerDecoder`, for its weights.
        example: `[time, features]`, all real.
        causal: whether a step sees nothing after it.
        memory: `[steps, features]` of a decoder, all real.
    """
    weights, x = named(layer), example.astype(np.float64)
    if "projection/kernel" in weights:
        x = x @ weights["projection/kernel"] + weights["projection/bias"]
    if layer.embedded:
        x = x * math.sqrt(layer.units)
    x, shares = x + positions(len(x), layer.units), None
    for index in range(layer.layers):
        own = {
            path.partition("/")[2]: value
            for path, value in weights.items()
            if path.startswith(f"block_{index}/")
        }
        normed = normal(x, own, "norm")
        x = x + attend(normed, normed, own, "attention", layer.attention_heads, causal)[0]
        if memory is not None:
            asked = (normal(x, own, "cross_norm"), memory, own, "cross_attention")
            context, shares = attend(*asked, layer.attention_heads, False)
            x = x + context
        hidden = normal(x, own, "feed_forward_norm") @ own["hidden/kernel"] + own["hidden/bias"]
        active = hidden * 0.5 * (1 + ERF(hidden / math.sqrt(2)))
        x = x + active @ own["feed_forward/kernel"] + own["feed_forward/bias"]
    return normal(x, weights, "norm"), shares
