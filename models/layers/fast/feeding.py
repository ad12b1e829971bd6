"""Input feeding in compiled loops: one layer, with `dot` or `additive` attention.

What does not depend on what is fed back is one product before the loop: what the inputs give to the
gates, keys, and values (those of the memory times their half of W, because W [c; h] = W_c c + W_h h
and c is a mean of values). The gradients of the weights are one product after it. For the equations
see `models.kernels.decoder.feeding`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.kernels.compiled import kernels
from models.layers.attention.cross import CrossAttention
from models.layers.recurrent import path_of, workers
from models.layers.recurrent.graph import like, outside
from models.layers.recurrent.layer import FastLayer
from models.layers.recurrent.plan import Part, Sizes, plan
from models.layers.recurrent.workspace import Borrowed
from models.layers.stack import RecurrentStack
from models.tensors import Tensor


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
    """Processes a sequence with input feeding, as `models.layers.decoder.input_feeding.feed`.

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
    kernels()  # loaded here, and not first in a thread of TensorFlow
    layer: FastLayer = stack.recurrent_layers[0]
    *inner, fed = states
    begin = [inner[0], fed, inner[-1]]
    cell = layer.equations
    sizes = Sizes(cell.code, cell.gates, cell.states, stack.units, None)
    call = Call(sizes, layer.workspace.borrowed())
    primal = [*_products(layer, cross, attentional, sequence, projected), *begin]
    outputs, attention, *after = outside(
        call.forward, call.backward, primal, 5, 1, lambda some: [*some, mask, memory_mask]
    )
    outputs = tf.ensure_shape(outputs, [*sequence.shape[:2], stack.units])
    attention = tf.ensure_shape(attention, [*sequence.shape[:2], memory_mask.shape[1]])
    h, a, c = like(after, begin)
    return outputs, attention, [h, c, a] if stack.cell == "lstm" else [h, a]


def _products(
    layer: FastLayer,
    cross: CrossAttention,
    attentional: keras.layers.Dense,
    sequence: Tensor,
    projected: Sequence[Tensor],
) -> list[Tensor]:
    """The fields of `Given` and `Weights` of the kernel: products before the loop, and weights."""
    cell, keys, values = layer.cell, projected[0], projected[-1]
    kernel, bias = tf.convert_to_tensor(cell.kernel), tf.convert_to_tensor(cell.bias)
    features, width = sequence.shape[-1], values.shape[-1]
    joining = tf.convert_to_tensor(attentional.kernel)
    asking, vector = [tf.convert_to_tensor(cell.recurrent_kernel), joining[width:]], tf.zeros([0])
    if cross.attention == "additive":
        asking.append(tf.convert_to_tensor(cross.query.kernel))
        keys, vector = keys + cross.query.bias, tf.convert_to_tensor(cross.score)
    products = [_times(sequence, kernel[:features]), keys, _times(values, joining[:width])]
    bias = tf.reshape(bias, [-1, kernel.shape[1]])
    return [*products, tf.concat(asking, 1), kernel[features:], bias, vector]


def _times(values: Tensor, kernel: Tensor) -> Tensor:
    """`[batch, time, m]` times `[m, n]`, as one product."""
    shape = tf.shape(values)
    flat = tf.reshape(values, [-1, values.shape[-1]]) @ kernel
    product = tf.reshape(flat, [shape[0], shape[1], kernel.shape[-1]])
    return tf.ensure_shape(product, [*values.shape[:2], kernel.shape[-1]])


@dataclass(frozen=True)
class Call:
    """The calls of `models.kernels.decoder.feeding`, forward and backward.

    Attributes:
        sizes: of the layer.
        workspace: lends the buffers.
    """

    sizes: Sizes
    workspace: Borrowed

    def forward(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """The pass forward.

        Args:
            *arrays: the fields of `Given`, `Weights` and `States` of the kernel, then the masks of
                steps and memory.

        Returns:
            Outputs, attention, the states after the last step, and, flat, what the way back needs.
        """
        kernel, given, weights, states, (real, seen) = self._sorted(arrays)
        (batch, time), steps = real.shape, seen.shape[1]
        outputs = self.workspace.take(batch, time, self.sizes.units)
        attention = self.workspace.take(batch, time, steps)
        after = kernel.States(*map(np.array, states))
        parts = self._parts(real)
        shapes = [self._shapes(part, steps, weights) for part in parts]
        flat = self.workspace.take(sum(_size(some) for some in shapes))
        jobs = [
            partial(
                *(kernel.forward, self.sizes.cell, part.rows, seen, given, weights, after, kept),
                *(outputs, attention),
            )
            for part, kept in zip(parts, self._carve(flat, shapes), strict=True)
        ]
        workers.run(jobs)
        return [outputs, attention, *after, flat]

    def backward(self, flat: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
        """The pass backward.

        Args:
            flat: of the pass forward.
            *arrays: likewise, and then the gradients of what the pass forward returned but `flat`.

        Returns:
            The gradients of all that the pass forward was given but the masks.
        """
        kernel, given, weights, _, (real, seen, d_outputs, *others) = self._sorted(arrays)
        d_attention, *d_after = map(np.array, others)  # they are overwritten
        d_states, parts = kernel.States(*d_after), self._parts(real)
        d_given = kernel.Given(*(self.workspace.take(*each.shape) for each in given))
        shapes = [self._shapes(part, seen.shape[1], weights) for part in parts]
        jobs, d_weights = [], []
        for part, kept in zip(parts, self._carve(flat, shapes), strict=True):
            mine = kernel.Weights(*map(np.empty_like, weights))
            d_weights.append(mine)
            rows, every, wide = len(part.rows.order), weights.asking.shape[1], given.x.shape[2]
            room = [(part.time, rows, wide), (part.time + 1, rows, every)]
            jobs.append(
                partial(
                    *(kernel.backward, self.sizes.cell, part.rows, seen, given, weights, kept),
                    *(d_outputs, d_attention, d_states, d_given, mine),
                    *(self.workspace.take(*shape) for shape in room),
                )
            )
        workers.run(jobs)
        # Always in the same order, so that the sum is the same to the bit.
        sums = [sum(same[1:], same[0]) for same in zip(*d_weights, strict=True)]
        return [*d_given, *sums, *d_states]

    def _sorted(self, arrays: Sequence[np.ndarray]) -> tuple[Any, Any, Any, Any, Any]:
        """The kernels, what they are given, and the rest."""
        kernel = kernels().feeding
        given, weights = kernel.Given(*arrays[:3]), kernel.Weights(*arrays[3:7])
        return kernel, given, weights, kernel.States(*arrays[7:10]), arrays[10:]

    def _parts(self, real: np.ndarray) -> list[Part]:
        return plan(self.sizes, real, *real.shape, (False,), workers.threads())

    def _shapes(self, part: Part, steps: int, weights: Any) -> list[tuple[int, ...]]:
        """Of what is kept of a part; of a simple RNN the state after a step says all of it."""
        rows, wide, units = len(part.rows.order), weights.bias.shape[1], self.sizes.units
        states, asked = (part.time + 1, rows, units), (part.time, rows, units)
        return [
            (part.time if self.sizes.gates > 1 else 0, rows, wide),
            *[states] * 3,
            asked if weights.vector.size else (0, rows, units),
            (part.time, rows, steps),
        ]

    def _carve(self, flat: np.ndarray, shapes: Sequence[Sequence[tuple[int, ...]]]) -> list[Any]:
        """What is kept of each part, out of one array."""
        found, at = [], 0
        for some in shapes:
            arrays = []
            for shape in some:
                size = math.prod(shape)
                arrays.append(flat[at : at + size].reshape(shape))
                at += size
            if self.sizes.gates == 1:
                arrays[0] = arrays[1][1:]
            found.append(kernels().feeding.Kept(*arrays))
        return found


def _size(shapes: Sequence[tuple[int, ...]]) -> int:
    return sum(math.prod(shape) for shape in shapes)
