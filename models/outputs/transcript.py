"""A shorter sequence as the answer, without a decoder: connectionist temporal classification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf
from keras import KerasTensor

from models.ids import PADDING
from models.outputs import Answer

BLANK = PADDING
"""What a step says that has nothing to say; a padded target never asks for it."""


@dataclass(frozen=True)
class Transcript:
    """A sequence no longer than the input, in the same order, as the answer (Graves et al. 2006).

    Every step of the input says a token or a blank (id 0). Repeated tokens count once and blanks
    vanish, so that many paths spell the same transcript; its probability is the sum over them all.
    Targets are int32 `[batch, length]`, padded with 0.

    A transcript of n tokens, r of them equal to the one before, needs n + r steps: between equal
    tokens a blank must stand. A target that its input has too few steps for has no path. It is left
    out of the loss, as 0 and without a gradient, and is counted by the metric `too_long`; the error
    rate counts it like any other.

    Attributes:
        vocabulary_size: number of ids, the blank (0) and the unknown token (1) included.
    """

    vocabulary_size: int
    heads: ClassVar[tuple[str, ...]] = ("ctc",)
    aligned: ClassVar[bool] = False
    rates: ClassVar[bool] = False

    def connect(self, states: KerasTensor, mask: KerasTensor) -> dict[str, KerasTensor]:
        """The head.

        Args:
            states: float `[batch, time, features]`.
            mask: bool `[batch, time]`, true at real steps.

        Returns:
            `logits`, float32 `[batch, time, tokens]`, and `steps`, int32 `[batch]`: how many of
            them are real.
        """
        head = keras.layers.Dense(self.vocabulary_size, dtype="float32", name="logits")
        steps = keras.ops.sum(keras.ops.cast(mask, "int32"), axis=1)
        return {"logits": head(states), "steps": steps}

    def size(self, targets: tf.Tensor) -> tf.Tensor:
        """How many tokens each target has, float32 `[batch]`; 1 where it is empty.

        An empty transcript is an answer too, and its loss and its insertions count once.
        """
        return tf.cast(tf.maximum(_lengths(targets), 1), tf.float32)

    def teacher_inputs(self, targets: tf.Tensor) -> dict[str, tf.Tensor]:
        """Nothing of the targets is read."""
        return {}

    def loss(self, answer: Answer, targets: tf.Tensor) -> tf.Tensor:
        """Negative log-likelihood in nats of each transcript, a token's share of it.

        TensorFlow's kernel is used as it is: `tf.nn.ctc_loss` with padded targets writes the same
        sum as a loop of small operations and takes about 16 times as long on two cores.

        Args:
            answer: of the model, with `logits` and `steps`.
            targets: int32 `[batch, length]`, padded with 0.

        Returns:
            float32 `[batch]`.
        """
        logits, steps = answer["logits"], answer["steps"]
        lengths = _lengths(targets)
        fits = tf.less_equal(_steps_needed(targets), steps)
        spelled = tf.logical_and(fits, tf.greater(lengths, 0))
        # The kernel refuses an empty target; a lone token takes its place, and is not scored.
        stand_in = tf.one_hot(tf.zeros_like(steps), tf.shape(targets)[1], dtype=targets.dtype)
        labels = tf.sparse.from_dense(tf.where(spelled[:, None], targets, stand_in))
        losses = tf.raw_ops.CTCLoss(
            inputs=_blank_last(logits),
            labels_indices=labels.indices,
            labels_values=tf.cast(labels.values, tf.int32) - 1,
            sequence_length=steps,
            ignore_longer_outputs_than_inputs=True,  # the stand-in, where there is no step
        ).loss
        blanks = tf.gather(tf.nn.log_softmax(logits), BLANK, axis=-1)  # [batch, time]
        silent = tf.negative(_sum_over_steps(blanks, steps))
        likely = tf.where(spelled, losses, tf.where(fits, silent, tf.zeros_like(silent)))
        return likely / self.size(targets)

    def metrics(self, answer: Answer, targets: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is averaged over the tokens of a split, float32 `[batch]` each.

        Args:
            answer: of the model, with `logits` and `steps`.
            targets: int32 `[batch, length]`, padded with 0.

        Returns:
            `token_error_rate`: insertions, deletions and substitutions that turn the greedy
            transcript into the target, for each token of the target (it can be more than 1);
            `too_long`: 1 where the input has too few steps for the target.
        """
        tokens = self.decode(answer)["tokens"]
        edits = tf.edit_distance(
            tf.sparse.from_dense(tokens), tf.sparse.from_dense(targets), normalize=False
        )
        too_long = tf.greater(_steps_needed(targets), answer["steps"])
        return {
            "token_error_rate": edits / self.size(targets),
            "too_long": tf.cast(too_long, tf.float32),
        }

    def decode(self, answer: Answer, beam_width: int | None = None) -> dict[str, tf.Tensor]:
        """The transcript that the network decides for.

        Args:
            answer: of the model, with `logits` and `steps`.
            beam_width: how many transcripts are kept at each step of a search that adds up the
                paths of each (Graves et al. 2006, section 3.2); None follows the one best path.

        Returns:
            tokens: int32 `[batch, length]`, padded with 0, as long as the longest of the batch.
            lengths: int32 `[batch]`.
            scores: float32 `[batch]`, the log-probability of the best path, or with a beam that of
                the transcript, of the paths that were kept.
        """
        inputs, steps = _blank_last(answer["logits"]), answer["steps"]
        if beam_width is None:
            (decoded,), _ = tf.nn.ctc_greedy_decoder(inputs, steps)
            best = tf.reduce_max(tf.nn.log_softmax(answer["logits"]), axis=-1)  # [batch, time]
            scores = _sum_over_steps(best, steps)
        else:
            (decoded,), scores = tf.nn.ctc_beam_search_decoder(inputs, steps, beam_width, 1)
            scores = scores[:, 0]
        tokens = tf.sparse.to_dense(decoded, default_value=-1) + 1  # the ids of `_blank_last`
        tokens = tf.cast(tokens, tf.int32)
        return {"tokens": tokens, "lengths": _lengths(tokens), "scores": scores}


def _lengths(tokens: tf.Tensor) -> tf.Tensor:
    """How many tokens are no padding, int32 `[batch]`."""
    return tf.math.count_nonzero(tokens, axis=1, dtype=tf.int32)


def _steps_needed(targets: tf.Tensor) -> tf.Tensor:
    """How many steps the shortest path has that spells a target, int32 `[batch]`."""
    before, after = tf.pad(targets, [[0, 0], [1, 0]]), tf.pad(targets, [[0, 0], [0, 1]])
    repeated = tf.logical_and(tf.equal(before, after), tf.not_equal(after, PADDING))
    return _lengths(targets) + tf.math.count_nonzero(repeated, axis=1, dtype=tf.int32)


def _sum_over_steps(values: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
    """Sum of `[batch, time]` over the first `steps` of each example, `[batch]`."""
    real = tf.sequence_mask(steps, tf.shape(values)[1])
    return tf.reduce_sum(tf.where(real, values, tf.zeros_like(values)), axis=1)


def _blank_last(logits: tf.Tensor) -> tf.Tensor:
    """As the kernels want it: `[batch, time, ids]` -> `[time, batch, ids]`, the blank at the end.

    All other ids are one less.
    """
    return tf.transpose(tf.roll(logits, shift=-1, axis=-1), [1, 0, 2])
