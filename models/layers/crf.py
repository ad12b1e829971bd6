"""A linear-chain conditional random field: the labels of a sequence decided together.

The score of labels y for a sequence of n steps is

    s(y) = start[y_1] + sum_t logits[t, y_t] + sum_(t>1) transitions[y_(t-1), y_t] + end[y_n]

and p(y) = exp(s(y)) / Z, where Z sums exp(s) over all paths (Lafferty et al. 2001; the neural form
is that of Lample et al. 2016, section 2.2). Both Z and the best path are found in one pass over the
steps, in the graph.

Transition scores are handed around as one tensor, `[batch, labels + 2, labels]`: a row for each
label that is left, then the row `start`, then the row `end`.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import KerasTensor

from models.layers.fast import crf as fast
from models.layers.fast import fits

PADDING = -1
"""The tag of a step that is not there; 0 is a label."""


@keras.saving.register_keras_serializable("unrolled")
class Transitions(keras.layers.Layer):
    """Learned scores of moving from one label to another, of beginning and of ending with one."""

    def build(self, logits_shape: tuple[int, ...]) -> None:
        """Creates the scores for logits `[batch, time, labels]`; all labels may follow all."""
        labels = logits_shape[-1]
        self.scores = self.add_weight(
            shape=(labels + 2, labels), initializer="zeros", dtype="float32", name="scores"
        )

    def call(self, logits: KerasTensor) -> KerasTensor:
        """The scores, batch first as all answers are: float32 `[batch, labels + 2, labels]`."""
        shape = (keras.ops.shape(logits)[0], *self.scores.shape)
        return keras.ops.broadcast_to(self.scores, shape)


def log_likelihood(
    logits: KerasTensor, transitions: KerasTensor, tags: KerasTensor, where: KerasTensor
) -> KerasTensor:
    """Log-probability of the tags of each sequence.

    Args:
        logits: float `[batch, time, labels]`.
        transitions: float `[batch, labels + 2, labels]`.
        tags: int32 `[batch, time]`, anything at padding.
        where: bool `[batch, time]`, true at real steps, padding on the right.

    Returns:
        float `[batch]`; 0 for a sequence without a step.
    """
    if fits(logits):
        return fast.log_likelihood(logits, transitions, tags, where)
    return path_score(logits, transitions, tags, where) - log_partition(logits, transitions, where)


def path_score(
    logits: KerasTensor, transitions: KerasTensor, tags: KerasTensor, where: KerasTensor
) -> KerasTensor:
    """s(tags) of each sequence; arguments and result as of `log_likelihood`."""
    between, start, end = _parted(transitions)
    labels = tf.shape(logits)[2]
    tags = tf.where(where, tags, 0)
    real = tf.cast(where, logits.dtype)
    emitted = tf.gather(logits, tags, batch_dims=2) * real  # [batch, time]
    # Both labels of a move as one number: gathered from a matrix laid out flat.
    flat = tf.reshape(between, [-1, labels * labels])
    moved = tf.gather(flat, tags[:, :-1] * labels + tags[:, 1:], batch_dims=1) * real[:, 1:]
    last = tf.maximum(tf.reduce_sum(tf.cast(where, tf.int32), axis=1) - 1, 0)
    last_tag = tf.gather(tags, last, batch_dims=1)
    ends = tf.gather(start, tags[:, 0], batch_dims=1) + tf.gather(end, last_tag, batch_dims=1)
    return tf.reduce_sum(emitted, 1) + tf.reduce_sum(moved, 1) + ends * real[:, 0]


def log_partition(logits: KerasTensor, transitions: KerasTensor, where: KerasTensor) -> KerasTensor:
    """Logarithm of Z for each sequence, by the forward algorithm in log space.

    alpha_t[j] = logits[t, j] + logsumexp_i(alpha_(t-1)[i] + transitions[i, j]).

    Args:
        logits: float `[batch, time, labels]`.
        transitions: float `[batch, labels + 2, labels]`.
        where: bool `[batch, time]`, true at real steps, padding on the right.

    Returns:
        float `[batch]`; 0 for a sequence without a step.
    """
    between, start, end = _parted(transitions)

    def advance(alpha: KerasTensor, step: tuple[KerasTensor, KerasTensor]) -> KerasTensor:
        emitted, moved = step
        arriving = tf.reduce_logsumexp(alpha[:, :, None] + between, axis=1)
        return tf.where(moved[:, None], arriving + emitted, alpha)

    alpha = tf.foldl(advance, _moves(logits, where), start + logits[:, 0])  # [batch, labels]
    total = tf.reduce_logsumexp(alpha + end, axis=1)
    return tf.where(where[:, 0], total, tf.zeros_like(total))


def viterbi(
    logits: KerasTensor, transitions: KerasTensor, where: KerasTensor
) -> tuple[KerasTensor, KerasTensor]:
    """The most probable labels of each sequence (Viterbi 1967).

    Args:
        logits: float `[batch, time, labels]`.
        transitions: float `[batch, labels + 2, labels]`.
        where: bool `[batch, time]`, true at real steps, padding on the right.

    Returns:
        tags: int32 `[batch, time]`, -1 at padding.
        scores: float `[batch]`, log p of the tags; 0 for a sequence without a step.
    """
    search = fast.best if fits(logits) else _best
    tags = search(logits, transitions, where)
    scores = log_likelihood(logits, transitions, tags, where)
    return tf.where(where, tags, PADDING), scores


def _best(logits: KerasTensor, transitions: KerasTensor, where: KerasTensor) -> KerasTensor:
    """The most probable labels, int32 `[batch, time]`, anything at padding."""
    between, start, end = _parted(transitions)
    itself = tf.range(tf.shape(logits)[2])[None]  # [1, labels]

    def advance(
        carried: tuple[KerasTensor, KerasTensor], step: tuple[KerasTensor, KerasTensor]
    ) -> tuple[KerasTensor, KerasTensor]:
        (best, _), (emitted, moved) = carried, step
        paths = best[:, :, None] + between
        came_from = tf.argmax(paths, axis=1, output_type=tf.int32)
        arriving = tf.reduce_max(paths, axis=1) + emitted
        moved = moved[:, None]
        return tf.where(moved, arriving, best), tf.where(moved, came_from, itself)

    first = start + logits[:, 0]
    nowhere = tf.zeros(tf.shape(first), tf.int32)
    best, pointers = tf.scan(advance, _moves(logits, where), (first, nowhere))
    best = best[-1] + end  # [batch, labels]
    last = tf.argmax(best, axis=1, output_type=tf.int32)
    # Each pointer names the label of the step before it.
    before = tf.scan(
        lambda tag, pointer: tf.gather(pointer, tag, batch_dims=1), pointers, last, reverse=True
    )
    return tf.transpose(tf.concat([before[1:], last[None]], axis=0))  # [batch, time]


def _parted(transitions: KerasTensor) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
    """Scores between labels `[batch, labels, labels]`, of beginning and of ending with one."""
    return transitions[:, :-2], transitions[:, -2], transitions[:, -1]


def _moves(logits: KerasTensor, where: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Logits of the steps, time first, and where one moves to a step from the step before.

    The first step is in as well, though nobody moves to it: a loop over no steps cannot be stacked.
    """
    moved = tf.concat([tf.zeros_like(where[:, :1]), where[:, 1:]], axis=1)
    return tf.transpose(logits, [1, 0, 2]), tf.transpose(moved)
