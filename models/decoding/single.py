"""Greedy decoding and sampling: one hypothesis for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from models.decoding import core
from models.ids import END, PADDING, START
from models.spec.generation import Generation
from models.tensors import Tensor

Chooser = Callable[[Tensor, Tensor], Tensor]
"""`(log_p, time) -> tokens`: float32 `[batch, vocabulary]`, int32 scalar -> int32 `[batch]`."""


class Writing(NamedTuple):
    """What the loop carries from step to step."""

    time: Tensor  # int32 scalar
    any_open: Tensor  # bool scalar
    is_open: Tensor  # bool [batch], the row has not ended
    last: Tensor  # int32 [batch], what the next step reads
    states: core.Nested
    tokens: Tensor  # int32 [batch, max_tokens]
    scores: Tensor  # float32 [batch]
    extras: dict[str, tf.TensorArray]  # core.recorders


def write_one(
    step: core.Step,
    states: core.Nested,
    first: Tensor,
    generation: Generation,
    context: core.Nested,
) -> core.Decoded:
    """Chooses one token after the other; arguments and result as of `models.decoding.decode`."""
    vocabulary, extras, shapes = core.outline(step, states, context)
    choose = sampler(generation) if generation.strategy == "sample" else most_probable
    allowed = core.forbidding(vocabulary, PADDING, START)
    too_early = core.forbidding(vocabulary, PADDING, START, END)
    positions = tf.range(generation.max_tokens)

    def body(now: Writing) -> Writing:
        logits, extras, states = step(now.last, now.states, context)
        rules = allowed
        if generation.min_tokens:
            rules = tf.where(now.time < generation.min_tokens, too_early, allowed)
        log_p = core.log_probabilities(logits) + rules  # [batch, vocabulary]
        chosen = choose(log_p, now.time)  # [batch]
        gain = tf.gather(log_p, chosen, axis=1, batch_dims=1)
        is_open = now.is_open & (chosen != END)
        last = tf.where(is_open, chosen, PADDING)
        return Writing(
            time=now.time + 1,
            any_open=tf.reduce_any(is_open),
            is_open=is_open,
            last=last,
            states=states,
            tokens=tf.where(positions == now.time, last[:, None], now.tokens),
            scores=now.scores + tf.where(now.is_open, gain, 0.0),
            extras=core.record(now.extras, now.time, extras),
        )

    begin = Writing(
        time=tf.constant(0),
        any_open=tf.constant(True),
        is_open=tf.ones_like(first, tf.bool),
        last=first,
        states=states,
        tokens=tf.fill([tf.shape(first)[0], generation.max_tokens], PADDING),
        scores=tf.zeros_like(first, tf.float32),
        extras=core.recorders(extras, generation.max_tokens),
    )
    end = core.loop(body, begin, shapes, generation.max_tokens)
    lengths = tf.math.count_nonzero(end.tokens, axis=1, dtype=tf.int32)  # PADDING is 0
    recorded = core.recorded(end.extras, end.time)
    extras = {name: _batch_first(values) for name, values in recorded.items()}
    return core.finish(end.tokens, lengths, end.scores, extras)


def _batch_first(values: Tensor) -> Tensor:
    """`[steps, batch, ...]` -> `[batch, steps, ...]`."""
    return tf.transpose(values, [1, 0, *range(2, values.shape.rank)])


def most_probable(log_p: Tensor, time: Tensor) -> Tensor:
    """Greedy: a `Chooser`."""
    del time
    return tf.argmax(log_p, axis=1, output_type=tf.int32)


def sampler(generation: Generation) -> Chooser:
    """A `Chooser` that draws: temperature first, then top-k, then top-p among what top-k left.

    Draws by the inverse of the distribution function: the first token at which the cumulated
    probability passes a uniform number. The nucleus (Holtzman et al. 2020, section 3.1) is the
    fewest most probable tokens that together have probability `top_p`; to draw within it, the
    uniform number is scaled to what they have.
    """

    def choose(log_p: Tensor, time: Tensor) -> Tensor:
        vocabulary, tokens = log_p.shape[-1], None
        log_p = log_p / generation.temperature
        if generation.top_k or generation.top_p < 1:
            candidates = min(generation.top_k or vocabulary, vocabulary)
            log_p, tokens = tf.math.top_k(log_p, candidates)  # the most probable first
        cumulated = tf.cumsum(tf.nn.softmax(log_p), axis=1)  # [batch, candidates]
        held = cumulated[:, -1:]
        if generation.top_p < 1:
            edge = tf.searchsorted(cumulated, generation.top_p * held)
            held = tf.gather(cumulated, edge, axis=1, batch_dims=1)
        uniform = tf.random.stateless_uniform(tf.shape(held), [generation.sampling_seed, time])
        # From the right: a token of probability 0 adds nothing to the sum and is never met.
        place = tf.searchsorted(cumulated, uniform * held, side="right")  # [batch, 1]
        return (place if tokens is None else tf.gather(tokens, place, axis=1, batch_dims=1))[:, 0]

    return choose
