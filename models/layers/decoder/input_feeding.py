"""Input feeding: the attentional state of each step is part of the input of the next.

Step t reads [x_t; a_(t-1)], a being the attentional state (Luong et al. 2015, section 3.3). The
recurrence so runs through all layers and the attention: no layer can process the whole sequence
before the next one, and they advance together, a step at a time, in a `tf.while_loop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from keras import KerasTensor

from models.layers.stack import STATES, RecurrentStack

Attend = Callable[[KerasTensor], tuple[KerasTensor, KerasTensor]]
"""`(states [batch, 1, units]) -> (attentional states [batch, 1, units], weights [batch, 1, s])`."""

Step = Callable[
    [list[KerasTensor], Sequence[KerasTensor]], tuple[KerasTensor, KerasTensor, list[KerasTensor]]
]
"""`(inputs, states) -> (output, attention weights, new states)` of one step, without time."""


def feed(
    stack: RecurrentStack,
    attend: Attend,
    sequence: KerasTensor,
    mask: KerasTensor,
    states: Sequence[KerasTensor],
    training: bool,
) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
    """Processes a sequence with input feeding.

    Dropout is drawn for all steps before the first, so that variational dropout is one mask here
    as well.

    Args:
        stack: the layers, built for inputs as wide as the sequence and an attentional state.
        attend: the attention and what makes an attentional state of it.
        sequence: float `[batch, time, features]`.
        mask: bool `[batch, time]`, true at real steps; the others leave the states as they are.
        states: of the stack, and at the end the attentional state, `[batch, units]`.
        training: whether dropout is drawn.

    Returns:
        outputs: float `[batch, time, units]`, the attentional states.
        attention: float32 `[batch, time, s]`.
        states: after the last real step.
    """

    def step(
        inputs: list[KerasTensor], before: Sequence[KerasTensor]
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        features, *dropped = inputs
        *inner, fed = before
        features = tf.concat([features, fed], axis=-1)
        above, after = _step_up(stack, features, inner, dropped, training)
        output, weights = attend(above[:, None])
        return output[:, 0], weights[:, 0], [*after, output[:, 0]]

    dropped = _draw_dropout(stack, sequence) if training else []
    if sequence.shape[1] == 1:
        inputs = [each[:, 0] for each in (sequence, *dropped)]
        output, weights, after = step(inputs, states)
        outputs, attention = output[:, None], weights[:, None]
        after = _kept(mask[:, 0], after, states)
    else:
        outputs, attention, after = _loop(step, [sequence, *dropped], mask, states)
    for layer in stack.recurrent_layers:
        layer.cell.reset_recurrent_dropout_mask()
    return outputs, attention, after


def _draw_dropout(stack: RecurrentStack, sequence: KerasTensor) -> list[KerasTensor]:
    """Factors between the layers, `[batch, time, units]` each; the cells keep recurrent masks."""
    ones = tf.ones([*tf.unstack(tf.shape(sequence)[:2]), stack.units], stack.compute_dtype)
    dropped = [dropout(ones, training=True) for dropout in stack.dropouts]
    for layer in stack.recurrent_layers:
        layer.cell.get_recurrent_dropout_mask(ones[:, 0])
    return dropped


def _step_up(
    stack: RecurrentStack,
    features: KerasTensor,
    states: Sequence[KerasTensor],
    dropped: Sequence[KerasTensor],
    training: bool,
) -> tuple[KerasTensor, list[KerasTensor]]:
    """One step through all layers: what `RecurrentStack.call` does along a whole sequence."""
    each, after = STATES[stack.cell], []
    for index, layer in enumerate(stack.recurrent_layers):
        below = features
        if index and dropped:
            features = features * dropped[index - 1]
        before = [*states[index * each : (index + 1) * each]]
        features, new = layer.cell(features, before, training=training)
        after += new
        features = stack.finish_layer(index, features, below)
    return features, after


def _loop(
    step: Step, inputs: Sequence[KerasTensor], mask: KerasTensor, states: Sequence[KerasTensor]
) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
    """Steps along the second axis of the inputs; a masked step changes no state."""
    length = tf.shape(mask)[1]
    # A slice of a tensor inside of the loop would have a gradient as long as the whole.
    steps = [_time_first(each) for each in (mask, *inputs)]

    def body(time: KerasTensor, written: Any, before: list[KerasTensor]) -> tuple[Any, ...]:
        real, *now = (each.read(time) for each in steps)
        *outputs, after = step(now, before)
        written = [array.write(time, value) for array, value in zip(written, outputs, strict=True)]
        return time + 1, written, _kept(real, after, before)

    kinds = (inputs[0].dtype, tf.float32)
    written = [tf.TensorArray(kind, length) for kind in kinds]
    _, written, after = tf.while_loop(
        lambda time, *_: time < length,
        body,
        (tf.constant(0), written, list(states)),
        maximum_iterations=length,
    )
    outputs, attention = (tf.transpose(each.stack(), [1, 0, 2]) for each in written)
    return outputs, attention, after


def _time_first(sequence: KerasTensor) -> tf.TensorArray:
    order = [1, 0, *range(2, sequence.shape.rank)]
    array = tf.TensorArray(sequence.dtype, tf.shape(sequence)[1])
    return array.unstack(tf.transpose(sequence, order))


def _kept(
    real: KerasTensor, after: Sequence[KerasTensor], before: Sequence[KerasTensor]
) -> list[KerasTensor]:
    """The new states of rows whose step is real, the old ones of the others."""
    pairs = zip(after, before, strict=True)
    return [tf.where(real[:, None], new, old) for new, old in pairs]
