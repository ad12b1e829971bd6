"""A whole batch of sequences through the compiled loops: rows in shards, time in chunks.

The rows are cut into shards, independent of each other, which TensorFlow runs on the cores at the
same time. Time is cut into chunks of one of a few numbers of steps, so that XLA compiles seldom
whatever the lengths are; the state goes from chunk to chunk. What is the same for all steps of a
chunk is one product: x W before the loop, and after the loop backward dx = dz W', dW = x' dz,
dU = h' dz.

With `keep=False` only the states at the borders of the chunks are kept, and the way back computes
each chunk anew: memory for time (Chen et al. 2016, arXiv:1604.06174; for recurrent networks
Gruslys et al. 2016, arXiv:1606.03401).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf

from models.recurrent.cut import Cut
from models.recurrent.loops import Cell, Tensors, backward, compiled, forward
from models.tensors import Tensor


def _flat(values: Tensor) -> Tensor:
    """`[time, rows, features]` -> `[time * rows, features]`."""
    return tf.reshape(values, [-1, values.shape[-1]])


def _like(flat: Tensor, values: Tensor) -> Tensor:
    """`[time * rows, features]` -> `[time, rows, features]` with the time and rows of `values`."""
    shape = tf.shape(values)
    return tf.reshape(flat, [shape[0], shape[1], flat.shape[-1]])


def _shaped(values: Sequence[Tensor], like: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The values with the static shapes of others, which a compiled function does not tell."""
    return tuple(
        tf.ensure_shape(value, other.shape) for value, other in zip(values, like, strict=True)
    )


@dataclass(frozen=True)
class Work:
    """What stays the same over all chunks, cut into shards.

    Attributes:
        cell: the cell.
        cut: how the batch is cut.
        sequences: of each shard `[time, rows, features]`.
        masks: of each shard bool `[time, rows, 1]`; empty: no mask.
        dropped: of each shard the masks of recurrent dropout, each `[rows, units]`, or none.
        kernel: W, `[features, gates * units]`.
        recurrent_kernel: U, `[units, gates * units]`.
        biases: of the input, and of the recurrent product if the cell has one.
    """

    cell: Cell
    cut: Cut
    sequences: list[Tensor]
    masks: list[Tensor]
    dropped: list[tuple[Tensor, ...]]
    kernel: Tensor
    recurrent_kernel: Tensor
    biases: list[Tensor]

    def piece(self, values: Tensor, index: Tensor) -> Tensor:
        """The steps of one chunk of `[time, ...]`."""
        return values[index * self.cut.chunk : (index + 1) * self.cut.chunk]

    def inputs(self, shard: int, index: Tensor) -> Tensors:
        """What both loops read."""
        steps = tf.minimum(self.cut.chunk, self.cut.time - index * self.cut.chunk)
        given: Tensors = {
            "recurrent_kernel": self.recurrent_kernel,
            "steps": steps,
            "dropped": self.dropped[shard],
        }
        if self.masks:
            given["mask"] = self.piece(self.masks[shard], index)
        return given

    def forward(self, save: bool, shard: int, index: Tensor, states: Sequence) -> Tensors:
        """One chunk of one shard."""
        piece = self.piece(self.sequences[shard], index)
        projected = tf.nn.bias_add(tf.matmul(_flat(piece), self.kernel), self.biases[0])
        inputs = self.inputs(shard, index) | {
            "projected": _like(projected, piece),
            "states": tuple(states),
        }
        if self.cell.recurrent_bias:
            inputs["recurrent_bias"] = self.biases[1]
        went = compiled(_loop(self.cell, save), inputs)
        return went | {"states": _shaped(went["states"], states)}

    def backward(
        self, shard: int, index: Tensor, went: Tensors, d_hidden: Tensor, d_states: Sequence
    ) -> tuple[Sequence[Tensor], Tensor, list[Tensor]]:
        """One chunk of one shard: gradients of the states, of the inputs and of the weights."""
        inputs = self.inputs(shard, index) | went
        inputs |= {"d_hidden": d_hidden, "d_states": tuple(d_states)}
        back = compiled(_loop_back(self.cell), inputs)
        piece = self.piece(self.sequences[shard], index)
        d_products = [_flat(product) for product in back["d_products"]]
        d_piece = tf.matmul(d_products[0], self.kernel, transpose_b=True)
        d_weights = [
            tf.matmul(_flat(piece), d_products[0], transpose_a=True),
            self._recurrent_kernel_back(shard, back["before"], d_products[-1]),
            *(tf.reduce_sum(product, 0) for product in d_products),
        ]
        weights = [self.kernel, self.recurrent_kernel, *self.biases]
        return (
            _shaped(back["d_states"], d_states),
            _like(d_piece, piece),
            list(_shaped(d_weights, weights)),
        )

    def _recurrent_kernel_back(self, shard: int, before: Tensor, d_product: Tensor) -> Tensor:
        if not self.dropped[shard]:
            return tf.matmul(_flat(before), d_product, transpose_a=True)
        gates = tf.split(d_product, self.cell.gates, axis=1)
        return tf.concat(
            [
                tf.matmul(_flat(before * mask), gate, transpose_a=True)
                for mask, gate in zip(self.dropped[shard], gates, strict=True)
            ],
            1,
        )


@functools.cache
def _loop(cell: Cell, save: bool) -> Callable[[Tensors], Tensors]:
    return functools.partial(forward, cell, save)


@functools.cache
def _loop_back(cell: Cell) -> Callable[[Tensors], Tensors]:
    return functools.partial(backward, cell)


class Forward:
    """All chunks forward: the final states, and what the way back needs."""

    def __init__(self, work: Work, states: list[list[Tensor]], keep: bool, sequences: bool):
        self.work, self.keep, self.sequences = work, keep, sequences
        shards = range(work.cut.shards)

        units, count = work.recurrent_kernel.shape[0], work.cut.chunks
        # Of each chunk the states before it, and the histories and whatever was saved.
        entered = [[_array(count, None, units) for _ in range(work.cell.states)] for _ in shards]
        widths = [1] * work.cell.states + list(work.cell.saved) if keep else [1] * sequences
        kept = [[_array(count, None, None, units * width) for width in widths] for _ in shards]

        def body(index: Tensor, states: list, entered: list, went: list) -> tuple:
            entered = [_write(a, index, s) for a, s in zip(entered, states, strict=True)]
            results = [work.forward(keep, shard, index, states[shard]) for shard in shards]
            went = [
                _write(a, index, [*r["histories"], *r["saved"]][: len(a)])
                for a, r in zip(went, results, strict=True)
            ]
            return index + 1, [list(r["states"]) for r in results], entered, went

        _, self.states, self.entered, self.went = tf.while_loop(
            lambda index, *_: index < work.cut.chunks,
            body,
            (0, states, entered, kept),
            maximum_iterations=work.cut.chunks,
        )

    def outputs(self) -> tuple[Tensor, ...]:
        """The hidden states of all steps if wanted, and the final states, of the whole batch."""
        cut = self.work.cut
        final = [cut.join_rows(state) for state in zip(*self.states, strict=True)]
        if not self.sequences:
            return tuple(final)
        return cut.join([arrays[0].concat() for arrays in self.went]), *final

    def chunk(self, shard: int, index: Tensor) -> Tensors:
        """What happened in a chunk, read or computed anew."""
        states = tuple(array.read(index) for array in self.entered[shard])
        if not self.keep:
            again = self.work.forward(True, shard, index, states)
            return {name: again[name] for name in ("histories", "saved")} | {"states": states}
        went = [array.read(index) for array in self.went[shard]]
        split = self.work.cell.states
        return {"states": states, "histories": tuple(went[:split]), "saved": tuple(went[split:])}


def backward_chunks(
    went: Forward, d_hidden: list[Tensor] | None, d_states: list[list[Tensor]]
) -> tuple[list, list, list]:
    """All chunks backward: gradients of sequences and states, by shard, and of the weights."""
    work = went.work
    shards = range(work.cut.shards)
    no_gradient = tf.zeros([work.cut.chunk, work.cut.rows, work.recurrent_kernel.shape[0]])
    weights = [work.kernel, work.recurrent_kernel, *work.biases]
    features = work.kernel.shape[0]

    def body(index: Tensor, d_states: list, d_sequences: list, d_weights: list) -> tuple:
        results = [
            work.backward(
                shard,
                index,
                went.chunk(shard, index),
                work.piece(d_hidden[shard], index) if d_hidden else no_gradient,
                d_states[shard],
            )
            for shard in shards
        ]
        d_sequences = [
            array.write(index, result[1])
            for array, result in zip(d_sequences, results, strict=True)
        ]
        d_weights = [
            [total + part for total, part in zip(totals, result[2], strict=True)]
            for totals, result in zip(d_weights, results, strict=True)
        ]
        return index - 1, [list(result[0]) for result in results], d_sequences, d_weights

    _, d_states, d_sequences, d_weights = tf.while_loop(
        lambda index, *_: index >= 0,
        body,
        (
            work.cut.chunks - 1,
            d_states,
            [_array(work.cut.chunks, None, None, features) for _ in shards],
            [[tf.zeros_like(weight) for weight in weights] for _ in shards],
        ),
        maximum_iterations=work.cut.chunks,
    )
    return (
        [array.concat() for array in d_sequences],
        d_states,
        [tf.add_n(parts) for parts in zip(*d_weights, strict=True)],
    )


def _array(count: int | Tensor, *shape: int | None) -> tf.TensorArray:
    """An array for one value of each chunk, of this shape as far as it is known."""
    return tf.TensorArray(
        tf.float32, count, clear_after_read=False, infer_shape=False, element_shape=shape
    )


def _write(arrays: list, index: Tensor, values: Sequence[Tensor]) -> list:
    return [array.write(index, value) for array, value in zip(arrays, values, strict=True)]
