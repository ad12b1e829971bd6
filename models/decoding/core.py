"""What greedy decoding, sampling and beam search share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from models.ids import PADDING
from models.tensors import Tensor

Step = Callable[
    [tf.Tensor, list[tf.Tensor], list[tf.Tensor]],
    tuple[tf.Tensor, tf.Tensor | None, Sequence[tf.Tensor]],
]
"""One step of a network that writes: `(tokens, states, context) -> (logits, attention, states)`.

`tokens` int32 `[n]` are what was written last, `states` and `context` tensors `[n, ...]`. `logits`
are float `[n, vocabulary]` with a vocabulary known when the graph is made, `attention` is float32
`[n, positions]` or None, the new `states` are as many and of the same types as the old ones.
`n` is the batch, or the batch times the beams. AutoGraph does not convert a step.
"""

Progress = TypeVar("Progress", bound=Any)
"""A named tuple with at least `time`, `any_open` and `states`, which a loop carries."""


class Decoded(NamedTuple):
    """One sequence for each row.

    Attributes:
        tokens: int32 `[batch, length]`, without END, padded on the right; as long as the longest.
        lengths: int32 `[batch]`, how many tokens are real.
        scores: float32 `[batch]`, natural logarithm of the probability that the network gives
            the tokens, and END where it was written; of a beam the length-normalised one.
        attention: float32 `[batch, length, positions]`, what each token was written from, 0 at
            padding; None where the network has none.
    """

    tokens: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor
    attention: tf.Tensor | None


class Outline(NamedTuple):
    """What is to be known of a step before the loop.

    Attributes:
        vocabulary: how many tokens there are.
        attends: whether the step gives attention.
        shapes: of the states, with all that may change from step to step left open.
    """

    vocabulary: int
    attends: bool
    shapes: list[tf.TensorShape]


def outline(step: Step, states: list[Tensor], context: list[Tensor]) -> Outline:
    """Looks at a step by tracing it aside; nothing of it remains in the caller's graph.

    A dimension is open if a step changes it, so a cache that starts empty may grow.
    """
    tokens = tf.TensorSpec([None], tf.int32)
    seen = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in context]
    shapes = [tf.TensorShape([None, *state.shape[1:]]) for state in states]
    traced = tf.function(step, autograph=False)
    while True:
        specs = [
            tf.TensorSpec(shape, state.dtype) for shape, state in zip(shapes, states, strict=True)
        ]
        answers = traced.get_concrete_function(tokens, specs, seen).structured_outputs
        logits, attention, after = answers
        opened = [_common(old, new.shape) for old, new in zip(shapes, after, strict=True)]
        if [shape.as_list() for shape in opened] == [shape.as_list() for shape in shapes]:
            return Outline(logits.shape[-1], attention is not None, shapes)
        shapes = opened  # what depends on these may be open now, too


def _common(before: tf.TensorShape, after: tf.TensorShape) -> tf.TensorShape:
    """The dimensions that two shapes of one rank have in common; the others are open."""
    sizes = zip(before.as_list(), after.as_list(), strict=True)
    return tf.TensorShape([old if old == new else None for old, new in sizes])


def log_probabilities(logits: Tensor) -> Tensor:
    """The network's own distribution, float32 `[n, vocabulary]`, before anything is forbidden."""
    return tf.nn.log_softmax(tf.cast(logits, tf.float32))


def forbidding(vocabulary: int, *tokens: int) -> Tensor:
    """Float32 `[vocabulary]` to add to log-probabilities: these tokens cannot be chosen then."""
    values = np.zeros(vocabulary, np.float32)
    values[list(tokens)] = -np.inf
    return tf.constant(values)


def loop(
    body: Callable[[Progress], Progress],
    begin: Progress,
    shapes: list[tf.TensorShape],
    max_tokens: int,
) -> Progress:
    """Takes steps until every row has ended, at most `max_tokens`.

    Args:
        body: one step.
        begin: what the first one starts from.
        shapes: of the states, as of an `Outline`.
        max_tokens: most steps.
    """

    def shape(each: Any) -> tf.TensorShape:
        if isinstance(each, tf.TensorArray):
            return tf.TensorShape(None)
        return tf.TensorShape([None, *each.shape[1:]] if each.shape.rank else [])

    fixed = tf.nest.map_structure(shape, begin._replace(states=[]))
    (end,) = tf.while_loop(
        lambda now: now.any_open & (now.time < max_tokens),
        lambda now: (body(now),),
        (begin,),
        (fixed._replace(states=shapes),),
    )
    return end


def notes(attends: bool, max_tokens: int) -> Any:
    """Where the attention of each step is put down: a `tf.TensorArray`, or `()` for none."""
    return tf.TensorArray(tf.float32, max_tokens) if attends else ()


def note(notes: Any, time: Tensor, attention: Tensor | None) -> Any:
    """Puts the attention of one step down, float32 `[n, positions]`."""
    return notes if attention is None else notes.write(time, attention)


def read(notes: Any, steps: Tensor) -> Tensor | None:
    """The attention of the steps that were taken, float32 `[steps, n, positions]`, or None."""
    return notes.gather(tf.range(steps)) if notes else None


def finish(tokens: Tensor, lengths: Tensor, scores: Tensor, attention: Tensor | None) -> Decoded:
    """Cuts to the longest sequence and clears what lies behind the end of each.

    Args:
        tokens: int32 `[batch, max_tokens]`.
        lengths: int32 `[batch]`.
        scores: float32 `[batch]`.
        attention: float32 `[batch, steps, positions]`, or None.
    """
    longest = tf.maximum(0, tf.reduce_max(lengths))  # of no rows the maximum is negative
    real = tf.sequence_mask(lengths, longest)  # [batch, length]
    tokens = tf.where(real, tokens[:, :longest], PADDING)
    if attention is not None:
        attention = tf.where(real[:, :, None], attention[:, :longest], 0.0)
    return Decoded(tokens, lengths, scores, attention)
