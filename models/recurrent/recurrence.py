"""The recurrence of a whole layer: fast, with the gradient by hand, or as plain TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from models.recurrent.chunks import Forward, Work, backward_chunks
from models.recurrent.cut import Cut
from models.recurrent.loops import Cell, Tensors, forward
from models.tensors import Tensor


@dataclass(frozen=True)
class Given:
    """What a layer computes with.

    Attributes:
        sequence: float32 `[batch, time, features]`.
        kernel: W, `[features, gates * units]`.
        recurrent_kernel: U, `[units, gates * units]`.
        bias: `[gates * units]`, or `[2, gates * units]` if the cell has a second one.
        states: before the first step, each `[batch, units]`.
        mask: bool `[batch, time]`, or None. A step that is not real leaves the state as it was.
        dropped: masks of recurrent dropout, one for each gate, `[batch, units]`; or none.
    """

    sequence: Tensor
    kernel: Tensor
    recurrent_kernel: Tensor
    bias: Tensor
    states: Sequence[Tensor]
    mask: Tensor | None
    dropped: Sequence[Tensor]


def plain_recurrence(cell: Cell, given: Given) -> tuple[Tensor, list[Tensor]]:
    """The recurrence as one ordinary loop, without XLA and with TensorFlow's own gradient.

    Args:
        cell: the cell.
        given: what the layer computes with.

    Returns:
        `h` at all steps, `[batch, time, units]`; the states after the last step.
    """
    sequence = tf.transpose(given.sequence, [1, 0, 2])  # [time, batch, features]
    bias, *recurrent_bias = tf.unstack(given.bias) if cell.recurrent_bias else [given.bias]
    steps, batch = tf.unstack(tf.shape(sequence)[:2])
    flat = tf.reshape(sequence, [-1, sequence.shape[-1]])
    projected = tf.nn.bias_add(tf.matmul(flat, given.kernel), bias)
    inputs: Tensors = {
        "projected": tf.reshape(projected, [steps, batch, projected.shape[-1]]),
        "recurrent_kernel": given.recurrent_kernel,
        "states": tuple(given.states),
        "steps": steps,
        "dropped": tuple(given.dropped),
    }
    if recurrent_bias:
        inputs["recurrent_bias"] = recurrent_bias[0]
    if given.mask is not None:
        inputs["mask"] = tf.transpose(given.mask)[:, :, None]
    went = forward(cell, False, inputs)
    return tf.transpose(went["histories"][0], [1, 0, 2]), list(went["states"])


def fast_recurrence(
    cell: Cell, cut: Cut, given: Given, keep: bool, sequences: bool
) -> tuple[Tensor | None, list[Tensor]]:
    """The recurrence in compiled loops, with the gradient written by hand.

    Args:
        cell: the cell.
        cut: how the batch is cut.
        given: what the layer computes with.
        keep: keep the activations for the way back, instead of computing them again.
        sequences: whether the states of all steps are wanted.

    Returns:
        `h` at all steps, `[batch, time, units]`, or None; the states after the last step.

    Raises:
        NotImplementedError: when a gradient of the gradient is taken.
    """
    masks = [] if given.mask is None else cut.split(given.mask[:, :, None])
    drops = [cut.split_rows(gate) for gate in given.dropped]
    dropped = [tuple(gate[shard] for gate in drops) for shard in range(cut.shards)]

    @tf.custom_gradient
    def run(*primal: Tensor) -> tuple:
        # No outer tape is to record what happens inside.
        sequence, kernel, recurrent_kernel, bias, *states = map(tf.stop_gradient, primal)
        biases = tf.unstack(bias) if cell.recurrent_bias else [bias]
        parts = cut.split(sequence)
        work = Work(cell, cut, parts, masks, dropped, kernel, recurrent_kernel, biases)
        went = Forward(work, _by_shard(cut, states), keep, sequences)
        # All that the gradient depends on goes through it as an argument, so that nobody gets a
        # second derivative that silently leaves a part out.
        return went.outputs(), lambda *gradients: _gradient(went, primal, gradients)

    outputs = run(given.sequence, given.kernel, given.recurrent_kernel, given.bias, *given.states)
    if not sequences:
        return None, list(outputs)
    units = given.recurrent_kernel.shape[0]
    hidden = tf.ensure_shape(outputs[0], [*given.sequence.shape[:2], units])
    return hidden, list(outputs[1:])


def _gradient(
    went: Forward, primal: Sequence[Tensor], gradients: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    """The gradients of sequence, W, U, bias and states from those of the outputs."""
    cut, count = went.work.cut, len(gradients)

    @tf.custom_gradient
    def back(*values: Tensor) -> tuple:
        d_outputs = [tf.stop_gradient(value) for value in values[:count]]
        d_hidden = cut.split(d_outputs.pop(0)) if went.sequences else None
        d_sequence, d_states, d_weights = backward_chunks(went, d_hidden, _by_shard(cut, d_outputs))
        d_kernel, d_recurrent_kernel, *d_biases = d_weights
        d_bias = tf.stack(d_biases) if went.work.cell.recurrent_bias else d_biases[0]
        d_starts = [cut.join_rows(parts) for parts in zip(*d_states, strict=True)]
        return (cut.join(d_sequence), d_kernel, d_recurrent_kernel, d_bias, *d_starts), _refuse

    return back(*gradients, *primal)


def _by_shard(cut: Cut, states: Sequence[Tensor]) -> list[list[Tensor]]:
    parts = [cut.split_rows(state) for state in states]
    return [list(shard) for shard in zip(*parts, strict=True)]


def _refuse(*_: Tensor) -> None:
    raise NotImplementedError(
        "The fast recurrent layers have no gradient of the gradient: "
        "trace the model under models.recurrent.plain() to take one."
    )
