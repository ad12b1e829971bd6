"""What greedy decoding, sampling and beam search share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from models.ids import PADDING
from models.tensors import Tensor

Nested = Any
"""Tensors `[n, ...]` in lists and dictionaries, as `tf.nest` knows them."""

Step = Callable[[tf.Tensor, Nested, Nested], tuple[tf.Tensor, Mapping[str, tf.Tensor], Nested]]
"""One step of a decoder: `(tokens, states, context) -> (logits, extras, states)`.

`tokens`, int32 `[n]`, are those written last. `logits` are float `[n, vocabulary]`, with a
vocabulary that is known when the graph is built. `extras`, by name, are what is kept of each step
beside its token, such as attention: `[n, ...]` each. The new `states` have the structure and the
types of the old ones. `n` is the batch, or the batch times the beams. AutoGraph does not convert a
step.
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
        extras: of the steps that wrote the tokens, `[batch, length, ...]` by name; 0 at padding.
    """

    tokens: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor
    extras: dict[str, tf.Tensor]

    def named(self) -> dict[str, tf.Tensor]:
        """All by name, the extras beside the rest."""
        first = {"tokens": self.tokens, "lengths": self.lengths, "scores": self.scores}
        return first | self.extras


class Outline(NamedTuple):
    """The shapes of a step, known before the loop.

    Attributes:
        vocabulary: number of tokens.
        extras: shape and type of each.
        shapes: of the states, in their structure, with every dimension open that may change.
    """

    vocabulary: int
    extras: dict[str, tf.TensorSpec]
    shapes: Nested


def outline(step: Step, states: Nested, context: Nested) -> Outline:
    """Traces a step once, in a graph of its own.

    A dimension is open if a step changes it, so that a cache that starts empty may grow.
    """
    tokens = tf.TensorSpec([None], tf.int32)
    context, specs = tf.nest.map_structure(_open_batch, (context, states))
    traced = tf.function(step, autograph=False)
    while True:
        logits, extras, after = traced.get_concrete_function(
            tokens, specs, context
        ).structured_outputs
        opened = tf.nest.map_structure(_common, specs, after)
        if tf.nest.flatten(opened) == tf.nest.flatten(specs):
            shapes = tf.nest.map_structure(lambda spec: spec.shape, specs)
            extras = {name: tf.TensorSpec(x.shape, x.dtype) for name, x in extras.items()}
            return Outline(logits.shape[-1], extras, shapes)
        specs = opened  # other dimensions may depend on those that are open now


def _open_batch(tensor: Tensor) -> tf.TensorSpec:
    return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)


def _common(before: tf.TensorSpec, after: Tensor) -> tf.TensorSpec:
    """The spec whose dimensions are open where two shapes of one rank differ."""
    sizes = zip(before.shape.as_list(), after.shape.as_list(), strict=True)
    return tf.TensorSpec([old if old == new else None for old, new in sizes], before.dtype)


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
    shapes: Nested,
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


def recorders(extras: Mapping[str, tf.TensorSpec], max_tokens: int) -> dict[str, tf.TensorArray]:
    """Arrays that take the extras of each step, by name."""
    return {
        name: tf.TensorArray(spec.dtype, max_tokens, element_shape=spec.shape)
        for name, spec in extras.items()
    }


def record(
    recorders: Mapping[str, tf.TensorArray], time: Tensor, extras: Mapping[str, Tensor]
) -> dict[str, tf.TensorArray]:
    """Writes the extras of one step, `[n, ...]` each."""
    return {name: array.write(time, extras[name]) for name, array in recorders.items()}


def recorded(recorders: Mapping[str, tf.TensorArray], steps: Tensor) -> dict[str, Tensor]:
    """The extras of the first `steps` steps, `[steps, n, ...]` by name."""
    return {name: array.gather(tf.range(steps)) for name, array in recorders.items()}


def finish(tokens: Tensor, lengths: Tensor, scores: Tensor, extras: dict[str, Tensor]) -> Decoded:
    """Cuts to the longest sequence, and clears everything after the end of each.

    Args:
        tokens: int32 `[batch, max_tokens]`.
        lengths: int32 `[batch]`.
        scores: float32 `[batch]`.
        extras: `[batch, steps, ...]` by name.
    """
    longest = tf.maximum(0, tf.reduce_max(lengths))  # of no rows the maximum is negative
    real = tf.sequence_mask(lengths, longest)  # [batch, length]

    def clear(values: Tensor) -> Tensor:
        mask = tf.reshape(real, [*tf.unstack(tf.shape(real)), *[1] * (values.shape.rank - 2)])
        return tf.where(mask, values[:, :longest], tf.zeros([], values.dtype))

    extras = {name: clear(values) for name, values in extras.items()}
    return Decoded(tf.where(real, tokens[:, :longest], PADDING), lengths, scores, extras)
