"""Beam search: several hypotheses for each row, of which the best one is the answer.

The score of a hypothesis Y is length-normalised (Wu et al. 2016, equation 14, without coverage):

    s(Y) = log P(Y) / lp(|Y|),   lp(n) = (5 + n)^alpha / (5 + 1)^alpha,

where |Y| counts END. At each step the `width` best of all one-token continuations without END
become the new beams. A beam ends where its continuation by END is among the `width` best of these
and of all continuations by END; the best ended hypothesis of each row is kept.

A row is done as soon as
- `width` hypotheses have ended (so that a beam of 1 is greedy decoding), or
- no live beam can become better than the best ended hypothesis. As log P only falls and lp only
  rises with the length, nothing that begins with the best live beam Z can score more than
  log P(Z) / lp(max_tokens). Huang et al. 2017 stop like this for other scores.

If none has ended after `max_tokens` tokens, the answer is the best live beam, cut off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from models.decoding import core
from models.decoding.largest import blocks_of, fill_blocks, largest
from models.ids import END, PADDING, START
from models.spec.generation import WIDEST_BEAM, Generation
from models.tensors import Tensor


class Best(NamedTuple):
    """The best ended hypothesis of each row so far; its score is -inf where none has ended."""

    score: Tensor  # float32 [batch]
    length: Tensor  # int32 [batch]
    choices: Tensor  # int32 [batch, max_tokens]
    ended: Tensor  # int32 [batch], how many hypotheses have ended
    done: Tensor  # bool [batch]; what is true once stays true


class Search(NamedTuple):
    """What the loop carries from step to step.

    A choice is a token and the beam that it continues in one number, as `largest` finds it; `split`
    takes it apart. Beam b of row r is the row r * width + b of everything that the step reads.
    """

    time: Tensor  # int32 scalar
    any_open: Tensor  # bool scalar
    last: Tensor  # int32 [batch * width], what the next step reads
    states: core.Nested
    log_p: Tensor  # float32 [batch, width], of the live beams, the best first
    choices: Tensor  # int32 [batch * width, max_tokens]
    best: Best
    extras: dict[str, tf.TensorArray]  # core.recorders


def beam_search(
    step: core.Step,
    states: core.Nested,
    first: Tensor,
    generation: Generation,
    context: core.Nested,
    width: int | Tensor,
) -> core.Decoded:
    """Searches; `width` may be an int32 scalar, the rest is as in `models.decoding.decode`."""
    vocabulary, extras, shapes = core.outline(step, states, context)
    if isinstance(width, tf.Tensor):
        width = checked(width)
    offsets = tf.range(tf.shape(first)[0]) * width  # [batch], the first beam of each row
    context = repeated(context, width)
    forbidden = core.forbidding(vocabulary, PADDING, START, END)
    positions = tf.range(generation.max_tokens)

    def body(now: Search) -> Search:
        logits, extras, states = step(now.last, now.states, context)
        log_p = tf.reshape(now.log_p, [-1, 1]) + core.log_probabilities(logits)
        ends = tf.reshape(log_p[:, END], [-1, width])
        if generation.min_tokens:
            ends = tf.where(now.time < generation.min_tokens, -np.inf, ends)
        every = tf.reshape(fill_blocks(log_p + forbidden), [-1, width * blocks_of(vocabulary)])
        live, choices = largest(every, width)  # [batch, width]
        best = keep_best(now, ends, live, offsets, generation)
        beams, tokens = split(choices, vocabulary)
        rows = tf.reshape(offsets[:, None] + beams, [-1])  # what each new beam continues
        choices = tf.reshape(choices, [-1, 1])
        return Search(
            time=now.time + 1,
            any_open=~tf.reduce_all(best.done),
            last=tf.reshape(tokens, [-1]),
            states=tf.nest.map_structure(lambda state: tf.gather(state, rows), states),
            log_p=live,
            choices=tf.where(positions == now.time, choices, tf.gather(now.choices, rows)),
            best=best,
            extras=core.record(now.extras, now.time, extras),
        )

    recorders = core.recorders(extras, generation.max_tokens)
    begin = start(states, first, width, recorders, generation)
    end = core.loop(body, begin, shapes, generation.max_tokens)
    return answer(end, offsets, vocabulary, generation)


def checked(width: Tensor) -> Tensor:
    """A width that is only known when the graph runs, which fails if it is out of bounds."""
    least = tf.debugging.assert_greater_equal(width, 1, "beam_width: the minimum is 1")
    most = tf.debugging.assert_less_equal(
        width, WIDEST_BEAM, f"beam_width: the maximum is {WIDEST_BEAM}"
    )
    with tf.control_dependencies([least, most]):
        return tf.identity(width)


def start(
    states: core.Nested,
    first: Tensor,
    width: int | Tensor,
    recorders: dict[str, tf.TensorArray],
    generation: Generation,
) -> Search:
    """The search before its first step."""
    batch = tf.shape(first)[0]
    return Search(
        time=tf.constant(0),
        any_open=tf.constant(True),
        last=tf.repeat(first, width),
        states=repeated(states, width),
        # All beams begin alike, so only the first one counts.
        log_p=tf.where(tf.range(width) == 0, 0.0, tf.fill([batch, width], -np.inf)),
        choices=tf.zeros([batch * width, generation.max_tokens], tf.int32),
        best=Best(
            score=tf.fill([batch], -np.inf),
            length=tf.zeros([batch], tf.int32),
            choices=tf.zeros([batch, generation.max_tokens], tf.int32),
            ended=tf.zeros([batch], tf.int32),
            done=tf.zeros([batch], tf.bool),
        ),
        extras=recorders,
    )


def repeated(tensors: core.Nested, width: int | Tensor) -> core.Nested:
    """Tensors `[batch, ...]` -> `[batch * width, ...]`, each row `width` times."""
    return tf.nest.map_structure(lambda tensor: tf.repeat(tensor, width, axis=0), tensors)


def split(choices: Tensor, vocabulary: int) -> tuple[Tensor, Tensor]:
    """Choices -> the beams that they continue, and their tokens; both int32."""
    stride = blocks_of(vocabulary)
    # Where there are fewer continuations than beams, one may have chosen what fills a block.
    return choices // stride, tf.minimum(choices % stride, vocabulary - 1)


def length_penalty(length: int | Tensor, alpha: float) -> Tensor:
    """What the logarithm is divided by, for an int32 number of tokens with END; float32."""
    return ((5.0 + tf.cast(length, tf.float32)) / 6.0) ** alpha


def keep_best(
    now: Search, ends: Tensor, live: Tensor, offsets: Tensor, generation: Generation
) -> Best:
    """The best ended hypothesis of each row after one more step, and which rows are done.

    Args:
        now: the search before this step.
        ends: float32 `[batch, width]`, log P of each beam with END.
        live: float32 `[batch, width]`, log P of the new beams, the best first.
        offsets: int32 `[batch]`, the first beam of each row.
        generation: the settings.
    """
    best, alpha = now.best, generation.length_penalty
    width = tf.shape(live)[1]
    least = tf.math.top_k(tf.concat([live, ends], axis=1), width).values[:, -1:]
    ending = (ends >= least) & (ends > -np.inf)  # [batch, width]
    score = tf.reduce_max(tf.where(ending, ends, -np.inf), axis=1)
    score = score / length_penalty(now.time + 1, alpha)
    better = ~best.done & (score > best.score)
    score = tf.where(better, score, best.score)
    ended = best.ended + tf.math.count_nonzero(ending, axis=1, dtype=tf.int32)
    reachable = live[:, 0] / length_penalty(generation.max_tokens, alpha)
    row = offsets + tf.argmax(ends, axis=1, output_type=tf.int32)  # if any ends, the best does
    return Best(
        score=score,
        length=tf.where(better, now.time, best.length),
        choices=tf.where(better[:, None], tf.gather(now.choices, row), best.choices),
        ended=ended,
        done=(ended >= width) | (reachable <= score),
    )


def answer(end: Search, offsets: Tensor, vocabulary: int, generation: Generation) -> core.Decoded:
    """The best hypothesis of each row, with the extras along the path of its beam."""
    cut_off = end.best.score == -np.inf  # [batch], none has ended
    live = end.log_p[:, 0] / length_penalty(end.time, generation.length_penalty)
    scores = tf.where(cut_off, live, end.best.score)
    lengths = tf.where(cut_off, end.time, end.best.length)
    choices = tf.where(cut_off[:, None], tf.gather(end.choices, offsets), end.best.choices)
    beams, tokens = split(choices, vocabulary)
    rows = offsets[:, None] + beams[:, : end.time]  # [batch, steps]
    path = tf.stack([tf.zeros_like(rows) + tf.range(end.time), rows], axis=-1)
    recorded = core.recorded(end.extras, end.time)
    extras = {name: tf.gather_nd(values, path) for name, values in recorded.items()}
    return core.finish(tokens, lengths, scores, extras)
