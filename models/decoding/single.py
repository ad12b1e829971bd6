"""Greedy decoding and sampling: one hypothesis for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from models.decoding import core
from models.generation import Generation
from models.ids import END, PADDING, START
from models.tensors import Tensor

Chooser = Callable[[Tensor, Tensor], Tensor]
"""`(log_p, time) -> tokens`: float32 `[batch, vocabulary]`, int32 scalar -> int32 `[batch]`."""


class Writing(NamedTuple):
    """What the loop carries from step to step."""

    time: Tensor  # int32 scalar
    any_open: Tensor  # bool scalar
    is_open: Tensor  # bool [batch], the row has not ended
    last: Tensor  # int32 [batch], what the next step reads
    states: list[Tensor]
    tokens: Tensor  # int32 [batch, max_tokens]
    scores: Tensor  # float32 [batch]
    attention: Any  # core.notes


def write_one(
    step: core.Step,
    states: list[Tensor],
    first: Tensor,
    generation: Generation,
    context: list[Tensor],
) -> core.Decoded:
    """Takes one token after the other; arguments and result as in `models.decoding.decode`."""
    vocabulary, attends, shapes = core.outline(step, states, context)
    choose = sampler(generation) if generation.strategy == "sample" else most_probable
    allowed = core.forbidding(vocabulary, PADDING, START)
    too_early = core.forbidding(vocabulary, PADDING, START, END)
    positions = tf.range(generation.max_tokens)

    def body(now: Writing) -> Writing:
        logits, attention, states = step(now.last, now.states, context)
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
            states=list(states),
            tokens=tf.where(positions == now.time, last[:, None], now.tokens),
            scores=now.scores + tf.where(now.is_open, gain, 0.0),
            attention=core.note(now.attention, now.time, attention),
        )

    batch = tf.shape(first)[0]
    begin = Writing(
        time=tf.constant(0),
        any_open=tf.constant(True),
        is_open=tf.ones([batch], tf.bool),
        last=first,
        states=states,
        tokens=tf.fill([batch, generation.max_tokens], PADDING),
        scores=tf.zeros([batch]),
        attention=core.notes(attends, generation.max_tokens),
    )
    end = core.loop(body, begin, shapes, generation.max_tokens)
    lengths = tf.math.count_nonzero(end.tokens, axis=1, dtype=tf.int32)  # PADDING is 0
    attention = core.read(end.attention, end.time)  # [steps, batch, positions]
    if attention is not None:
        attention = tf.transpose(attention, [1, 0, 2])
    return core.finish(end.tokens, lengths, end.scores, attention)


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
