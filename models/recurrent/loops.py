"""The recurrence over a piece of time, forward and backward, whatever the cell.

A cell says what happens in one step; here are the loops over the steps, once compiled by XLA and
once as an ordinary graph. A piece has a fixed number of steps, of which the first `steps` are
real, so that one compilation serves every length.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from models.tensors import Tensor

Tensors = dict[str, Any]
"""What a loop reads: name -> tensor, or a tuple of tensors. What is not given is not there."""


@dataclass(frozen=True)
class Cell(ABC):
    """One step of a recurrence, and its derivative. `h` is always the first state.

    Attributes:
        gates: blocks of `units` columns in the kernels.
        states: number of the states.
        saved: widths of what a step saves for the way back, in units.
        recurrent_bias: whether a second bias belongs to the product with the state.
    """

    gates: int
    states: int
    saved: tuple[int, ...]
    recurrent_bias: bool

    @abstractmethod
    def step(
        self, projected: Tensor, recurrent: Tensor, states: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One step forward.

        Args:
            projected: x W + b, `[rows, gates * units]`.
            recurrent: h U (and its bias), of the same shape.
            states: before the step, each `[rows, units]`.

        Returns:
            The states after the step, and what `step_back` wants to know, each `[rows, any]`.
        """

    @abstractmethod
    def step_back(
        self,
        saved: Sequence[Tensor],
        states: Sequence[Tensor],
        before: Sequence[Tensor],
        d_states: Sequence[Tensor],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One step backward: from the gradients of the states after the step.

        Args:
            saved: what `step` saved.
            states: after the step.
            before: the states before the step.
            d_states: gradients of `states`.

        Returns:
            The gradients of `projected` and, where it is another, of `recurrent`; and those of
            `before`, without the part that goes through `recurrent`.
        """


def recurrent_product(hidden: Tensor, kernel: Tensor, dropped: Sequence[Tensor]) -> Tensor:
    """The product h U; with recurrent dropout each gate sees h through a mask of its own.

    Args:
        hidden: `[rows, units]`.
        kernel: `[units, gates * units]`.
        dropped: a mask for each gate, `[rows, units]`; or none.

    Returns:
        `[rows, gates * units]`.
    """
    if not dropped:
        return tf.matmul(hidden, kernel)
    parts = tf.split(kernel, len(dropped), axis=1)
    return tf.concat([tf.matmul(hidden * m, u) for m, u in zip(dropped, parts, strict=True)], 1)


def _recurrent_product_back(
    d_recurrent: Tensor, transposed: Tensor, dropped: Sequence[Tensor]
) -> Tensor:
    """The gradient of `hidden` in `recurrent_product`; the kernel comes transposed."""
    if not dropped:
        return tf.matmul(d_recurrent, transposed)
    gates = tf.split(d_recurrent, len(dropped), axis=1)
    parts = tf.split(transposed, len(dropped), axis=0)
    return tf.add_n([tf.matmul(d, u) * m for d, u, m in zip(gates, parts, dropped, strict=True)])


def _array(values: Tensor) -> tf.TensorArray:
    """`[time, ...]` as an array to read and write step by step."""
    return tf.TensorArray(values.dtype, tf.shape(values)[0], clear_after_read=False).unstack(values)


def _where(real: Tensor | None, new: Tensor, old: Tensor) -> Tensor:
    return new if real is None else tf.where(real, new, old)


def forward(cell: Cell, save: bool, inputs: Tensors) -> Tensors:
    """Runs the recurrence over a piece of time.

    Args:
        cell: the cell.
        save: whether to save what the way back wants to know.
        inputs: `projected` `[time, rows, gates * units]`; `recurrent_kernel`; `recurrent_bias`
            if the cell has one; `states`, each `[rows, units]`; `steps`, the number of real
            steps; `dropped`, the masks of recurrent dropout, each `[rows, units]`, or none; and
            `mask`, bool `[time, rows, 1]`, if there is one.

    Returns:
        `states` after the piece; `histories`, each state at each step, `[time, rows, units]`
        (of `h` alone if nothing is saved); `saved`, each `[time, rows, any]`.
    """
    projected, kernel = inputs["projected"], inputs["recurrent_kernel"]
    steps, rows = tf.unstack(tf.shape(projected)[:2])
    reads = _array(projected)
    masks = _array(inputs["mask"]) if "mask" in inputs else None
    widths = [1] * cell.states + list(cell.saved) if save else [1]
    units = kernel.shape[0]
    arrays = [_array(tf.zeros([steps, rows, width * units])) for width in widths]

    def body(time: Tensor, states: Sequence, arrays: Sequence) -> tuple:
        recurrent = recurrent_product(states[0], kernel, inputs["dropped"])
        if cell.recurrent_bias:
            recurrent += inputs["recurrent_bias"]
        after, saved = cell.step(reads.read(time), recurrent, states)
        real = masks.read(time) if masks is not None else None
        after = [_where(real, new, old) for new, old in zip(after, states, strict=True)]
        written = zip(arrays, after + saved, strict=False)  # of all only h, if nothing is saved
        return time + 1, after, [array.write(time, value) for array, value in written]

    _, states, arrays = tf.while_loop(
        lambda time, *_: time < inputs["steps"],
        body,
        (0, list(inputs["states"]), arrays),
        maximum_iterations=steps,
    )
    values = [array.stack() for array in arrays]
    return {
        "states": tuple(states),
        "histories": tuple(values[: cell.states]),
        "saved": tuple(values[cell.states :]),
    }


def backward(cell: Cell, inputs: Tensors) -> Tensors:
    """Backpropagation through a piece of time.

    Args:
        cell: the cell.
        inputs: `histories` and `saved` of `forward`; `states`, those before the piece;
            `recurrent_kernel`, `steps`, `mask`, `dropped` as for `forward`; `d_hidden`, the
            gradient of `h` at each step, `[time, rows, units]`; `d_states`, the gradients of the
            states after the piece.

    Returns:
        `d_states`, the gradients of the states before the piece; `d_products`, those of
        `projected` and, where they differ, of h U, each `[time, rows, gates * units]`, zero at
        steps that are not real; `before`, `h` before each step.
    """
    transposed = tf.transpose(inputs["recurrent_kernel"])
    histories, dropped = inputs["histories"], inputs["dropped"]
    previous = [
        tf.concat([state[None], history[:-1]], 0)
        for state, history in zip(inputs["states"], histories, strict=True)
    ]
    saved, states, before = (
        [_array(value) for value in values] for values in (inputs["saved"], histories, previous)
    )
    d_hidden = _array(inputs["d_hidden"])
    masks = _array(inputs["mask"]) if "mask" in inputs else None
    steps, rows = tf.unstack(tf.shape(histories[0])[:2])
    empty = tf.zeros([steps, rows, transposed.shape[0]])
    products = [_array(empty) for _ in range(2 if cell.recurrent_bias else 1)]

    def body(time: Tensor, d_states: Sequence, products: Sequence) -> tuple:
        d_states = [d_states[0] + d_hidden.read(time), *d_states[1:]]
        d_products, d_before = cell.step_back(
            *([array.read(time) for array in group] for group in (saved, states, before)), d_states
        )
        real = masks.read(time) if masks is not None else None
        # Written and read again: XLA would otherwise compute the gradients twice, once for the
        # array and once for the product.
        products = [
            array.write(time, _where(real, value, tf.zeros_like(value)))
            for array, value in zip(products, d_products, strict=True)
        ]
        through = _recurrent_product_back(products[-1].read(time), transposed, dropped)
        d_before = [through + d_before[0], *d_before[1:]]
        d_before = [_where(real, new, old) for new, old in zip(d_before, d_states, strict=True)]
        return time - 1, d_before, products

    _, d_states, products = tf.while_loop(
        lambda time, *_: time >= 0,
        body,
        (inputs["steps"] - 1, list(inputs["d_states"]), products),
        maximum_iterations=steps,
    )
    return {
        "d_states": tuple(d_states),
        "d_products": tuple(array.stack() for array in products),
        "before": previous[0],
    }


@functools.cache
def _compiled(
    loop: Callable[[Tensors], Tensors], signature: tuple[tuple[str, Any], ...]
) -> Callable[[Tensors], Tensors]:
    # One function for the whole process: XLA compiles it once for each shape of its inputs,
    # whichever layer, model or graph calls it.
    return tf.function(loop, input_signature=[dict(signature)], jit_compile=True, autograph=False)


def _spec(name: str, value: Tensor | tuple[Tensor, ...]) -> Any:
    if isinstance(value, tuple):
        return tuple(_spec(name, part) for part in value)
    shape = list(value.shape)
    if name != "recurrent_kernel":  # time and rows are free: no new function for another length
        shape[:-1] = [None] * len(shape[:-1])
    return tf.TensorSpec(shape, value.dtype)


def compiled(loop: Callable[[Tensors], Tensors], inputs: Tensors) -> Tensors:
    """Runs a loop over `inputs`, compiled by XLA.

    Args:
        loop: `forward` or `backward` with all arguments but the last; the same object each time.
        inputs: as the loop wants them.

    Returns:
        What the loop returns.
    """
    signature = tuple((name, _spec(name, value)) for name, value in sorted(inputs.items()))
    return _compiled(loop, signature)(inputs)
