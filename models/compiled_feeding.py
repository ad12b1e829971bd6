"""Input feeding in compiled loops: one layer, with `dot` or `additive` attention.

What does not depend on what is fed back is one product before the loop: what the inputs give to the
gates, keys, and values (those of the memory times their half of W, because W [c; h] = W_c c + W_h h
and c is a mean of values). The gradients of the weights are one product after it. For the equations
see `models.kernels.feeding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from models.cross_attention import CrossAttention
from models.kernels import feeding
from models.kernels.cells import KINDS
from models.kernels.graph import in_graph
from models.kernels.threads import Memory, cores, each
from models.recurrent import path_of
from models.stack import RecurrentStack
from models.tensors import Tensor

_MEMORY = Memory()
_STATES = ("h", "a", "more")


def fits(stack: RecurrentStack, attention: str, steps: int | None, training: bool) -> bool:
    """Whether the compiled loops can do what is asked for.

    They are for training alone, where nobody looks at what is attended to at padding.

    Args:
        stack: the layers.
        attention: of the decoder.
        steps: along the sequence; None where that is open.
        training: whether the network is trained.
    """
    layer = stack.recurrent_layers[0]
    dropped = stack.variational and stack.dropout
    simple = stack.layers == 1 and not (stack.layer_norm or dropped)
    attends = attention in ("dot", "additive")
    return training and simple and attends and steps != 1 and path_of(layer).name == "fast"


def feed(
    stack: RecurrentStack,
    cross: CrossAttention,
    attentional: keras.layers.Dense,
    sequence: Tensor,
    mask: Tensor,
    states: Sequence[Tensor],
    projected: Sequence[Tensor],
    memory_mask: Tensor,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Goes along a sequence with input feeding, as `models.input_feeding.feed`.

    Args:
        stack: the layer, built for inputs as wide as the sequence and an attentional state.
        cross: the attention.
        attentional: what makes an attentional state of context and state.
        sequence: float32 `[batch, time, features]`.
        mask: bool `[batch, time]`, true at real steps; the others leave the states as they are.
        states: of the layer, and at the end the attentional state, `[batch, units]`.
        projected: of `cross.project`.
        memory_mask: bool `[batch, steps]`, true at real steps.

    Returns:
        outputs: float32 `[batch, time, units]`, the attentional states.
        attention: float32 `[batch, time, steps]`; zeros at padding.
        states: after the last real step.
    """
    cell, keys, values = stack.recurrent_layers[0].cell, projected[0], projected[-1]
    kernel, asking, bias = map(
        tf.convert_to_tensor, (cell.kernel, cell.recurrent_kernel, cell.bias)
    )
    bias, again = tf.unstack(bias) if stack.cell == "gru" else (bias, tf.zeros_like(bias))
    features, width = sequence.shape[-1], values.shape[-1]
    joining = tf.convert_to_tensor(attentional.kernel)
    asking, vector = [asking, joining[width:]], tf.zeros([0])
    if cross.attention == "additive":
        asking.append(tf.convert_to_tensor(cross.query.kernel))
        keys, vector = keys + cross.query.bias, tf.convert_to_tensor(cross.score)
    given = [_times(sequence, kernel[:features]) + bias, keys, _times(values, joining[:width])]
    weights = [tf.concat(asking, 1), kernel[features:], again, vector]
    *inner, fed = states
    begin = [inner[0], fed, inner[-1]]
    outputs, attention, h, a, more = _run(stack.cell, given, weights, begin, mask, memory_mask)
    return outputs, attention, [h, more, a] if stack.cell == "lstm" else [h, a]


def _times(values: Tensor, kernel: Tensor) -> Tensor:
    """`[batch, time, m]` times `[m, n]`, as one product."""
    shape = tf.shape(values)
    flat = tf.reshape(values, [-1, values.shape[-1]]) @ kernel
    product = tf.reshape(flat, [shape[0], shape[1], kernel.shape[-1]])
    return tf.ensure_shape(product, [*values.shape[:2], kernel.shape[-1]])


def _run(
    kind: str,
    given: Sequence[Tensor],
    weights: Sequence[Tensor],
    states: Sequence[Tensor],
    real: Tensor,
    seen: Tensor,
) -> tuple[Tensor, ...]:
    """The loop, with the gradient written by hand.

    Args:
        kind: of cell.
        given: see `models.kernels.feeding.forward`, as the rest.
        weights: its weights.
        states: h, a, c.
        real: bool `[batch, time]`.
        seen: bool `[batch, steps]`.

    Returns:
        Outputs, attention, and the states at the end.
    """
    parts, number = cores(), KINDS[kind]

    @tf.custom_gradient
    def run(*primal: Tensor) -> tuple:
        inputs = [*primal, real, seen]
        made = in_graph(lambda *arrays: _forward(number, Arrays(*arrays), parts), inputs, 5 + parts)
        made, kept = made[:5], made[5:]
        time, steps = real.shape[1], seen.shape[1]
        shapes = [primal[7].shape[:1] + rest for rest in ([time], [time, steps], [], [], [])]
        units = primal[7].shape[-1:]
        for index, (value, shape) in enumerate(zip(made, shapes, strict=True)):
            value.set_shape(shape if index == 1 else shape + units)

        def back(*d_made: Tensor) -> list[Tensor]:
            gradients = in_graph(
                lambda *arrays: _backward(number, Arrays(*arrays[:12]), arrays[12:], parts),
                [*inputs, made[1], *d_made, *kept],
                len(primal),
            )
            return [tf.ensure_shape(d, p.shape) for d, p in zip(gradients, primal, strict=True)]

        return tuple(made), back

    return run(*given, *weights, *states)


@dataclass(frozen=True)
class Arrays:
    """What goes into a loop: see `models.kernels.feeding.forward`."""

    x: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    asking: np.ndarray
    feeding: np.ndarray
    bias: np.ndarray
    vector: np.ndarray
    h: np.ndarray
    a: np.ndarray
    more: np.ndarray
    real: np.ndarray
    seen: np.ndarray

    @property
    def given(self) -> tuple[np.ndarray, ...]:
        """What is given for each step."""
        return self.x, self.keys, self.values

    @property
    def weights(self) -> tuple[np.ndarray, ...]:
        """The weights."""
        return self.asking, self.feeding, self.bias, self.vector

    def parts(self, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each thread its rows, and how many of them have not ended at each step.

        The rows are dealt out by length, so that all threads have as much to do.
        """
        time = self.real.shape[1]
        backwards = np.argmax(self.real[:, ::-1], axis=1) if time else 0
        lengths = np.where(self.real.any(axis=1), time - backwards, 0)
        order = np.argsort(-lengths, kind="stable")
        dealt = [np.ascontiguousarray(order[part::count]) for part in range(count)]
        steps = np.arange(time)[:, None]
        return [(rows, (lengths[rows] > steps).sum(axis=1)) for rows in dealt]

    def carve(self, flat: np.ndarray, rows: int) -> tuple[np.ndarray, ...]:
        """What the way back needs of a part, out of one array: see `feeding.forward`."""
        time, (units, wide) = self.real.shape[1], self.feeding.shape
        shapes = [(time, rows, wide), *[(time + 1, rows, units)] * 3, (time, rows, units)]
        ends = np.cumsum([np.prod(shape) for shape in shapes])
        pieces = np.split(flat, ends[:-1])
        return tuple(p.reshape(shape) for p, shape in zip(pieces, shapes, strict=True))

    def size(self, rows: int) -> int:
        """Of the array to be carved."""
        time, (units, wide) = self.real.shape[1], self.feeding.shape
        return rows * (time * wide + (4 * time + 3) * units)


def _forward(kind: int, given: Arrays, count: int) -> tuple[np.ndarray, ...]:
    batch, time = given.real.shape
    made = (
        _MEMORY.empty(batch, time, given.h.shape[1]),
        _MEMORY.empty(batch, time, given.seen.shape[1]),
    )
    parts = given.parts(count)
    flat = [_MEMORY.empty(given.size(len(rows))) for rows, _ in parts]
    kept = [given.carve(array, len(rows)) for array, (rows, _) in zip(flat, parts, strict=True)]
    shared = (given.real, given.seen, given.given, given.weights)
    begin = (given.h, given.a, given.more)

    def part(index: int) -> None:
        feeding.forward(kind, *parts[index], *shared, begin, kept[index], made)

    each([lambda index=index: part(index) for index in range(count)])
    ends = [np.empty_like(state) for state in begin]
    for (rows, _), (_, *histories, _) in zip(parts, kept, strict=True):
        for end, history in zip(ends, histories, strict=True):
            end[rows] = history[-1]
    return *made, *ends, *flat


def _backward(
    kind: int, given: Arrays, others: Sequence[np.ndarray], count: int
) -> tuple[np.ndarray, ...]:
    attention, d_outputs, d_attention, *d_ends = others[:6]
    d_made, d_states = (d_outputs, np.array(d_attention)), tuple(np.array(d) for d in d_ends)
    d_given = (_MEMORY.empty(*given.x.shape), *(np.zeros_like(g) for g in given.given[1:]))
    parts = given.parts(count)
    d_weights = [tuple(np.empty_like(weight) for weight in given.weights) for _ in parts]

    def part(index: int) -> None:
        (rows, active), (time, every) = parts[index], (given.real.shape[1], given.asking.shape[1])
        kept = given.carve(others[6 + index], len(rows))
        rooms = (
            _MEMORY.empty(time, len(rows), given.x.shape[2]),
            _MEMORY.empty(time + 1, len(rows), every),
        )
        shared = (given.real, given.seen, given.given, given.weights)
        back = (attention, d_made, d_states, d_given, d_weights[index], *rooms)
        feeding.backward(kind, rows, active, *shared, kept, *back)

    each([lambda index=index: part(index) for index in range(count)])
    sums = [sum(each_part[1:], each_part[0]) for each_part in zip(*d_weights, strict=True)]
    return *d_given, *sums, *d_states
