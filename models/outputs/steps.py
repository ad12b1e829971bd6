"""What outputs with an answer for each step have in common."""

from __future__ import annotations

from typing import ClassVar

import keras

from models.outputs import Answer
from models.outputs.vocabulary import Rated, projection_of
from models.tensors import Tensor


def mean_over_steps(values: Tensor, scored: Tensor) -> Tensor:
    """Mean of each example over its own scored steps; 0 where it has none.

    Args:
        values: `[batch, time]`.
        scored: bool `[batch, time]`.

    Returns:
        float32 `[batch]`.
    """
    ops = keras.ops
    kept = ops.where(scored, ops.cast(values, "float32"), 0.0)
    count = ops.sum(ops.cast(scored, "float32"), axis=1)
    return ops.sum(kept, axis=1) / ops.maximum(count, 1.0)


def step_losses(logits: Tensor, targets: Tensor, scored: Tensor) -> Tensor:
    """Cross-entropy in nats of each step, float32 `[batch, time]`; 0 where it is not scored.

    Args:
        logits: float32 `[batch, time, classes]`.
        targets: int32 `[batch, time]`.
        scored: bool `[batch, time]`; elsewhere the target may be anything.
    """
    inside = keras.ops.where(scored, targets, 0)  # a target of -1 has no logit
    losses = keras.ops.sparse_categorical_crossentropy(inside, logits, from_logits=True)
    return keras.ops.where(scored, losses, 0.0)


def rated_steps(logits: Tensor, targets: Tensor, scored: Tensor) -> Rated:
    """Cross-entropy and accuracy of each step.

    Args:
        logits: float32 `[batch, time, classes]`.
        targets: int32 `[batch, time]`.
        scored: bool `[batch, time]`; elsewhere the target may be anything.
    """
    if projection := projection_of(logits):
        return projection.rate(targets, scored)
    best = keras.ops.cast(keras.ops.argmax(logits, axis=-1), "int32")
    right = keras.ops.logical_and(keras.ops.equal(best, targets), scored)
    return Rated(step_losses(logits, targets, scored), right)


def step_cross_entropy(logits: Tensor, targets: Tensor, scored: Tensor) -> Tensor:
    """Cross-entropy in nats of each example, its mean over the scored steps, float32 `[batch]`.

    Args:
        logits: float32 `[batch, time, classes]`.
        targets: int32 `[batch, time]`.
        scored: bool `[batch, time]`; elsewhere the target may be anything.
    """
    return mean_over_steps(step_losses(logits, targets, scored), scored)


class StepOutputs:
    """What outputs with an answer for each step have in common.

    Attributes:
        heads: see `models.outputs.Outputs`, as for `aligned` and `rates`.
        padding: the target of a step that is not scored.
    """

    heads: ClassVar[tuple[str, ...]]
    aligned: ClassVar[bool]
    rates: ClassVar[bool]
    padding: ClassVar[int]

    def loss(self, answer: Answer, targets: Tensor) -> Tensor:
        """Loss of each example, the mean over its scored steps, float32 `[batch]`."""
        raise NotImplementedError

    def metrics(self, answer: Answer, targets: Tensor) -> dict[str, Tensor]:
        """Metrics of each example, means over its scored steps, float32 `[batch]` each."""
        raise NotImplementedError

    def scored(self, targets: Tensor) -> Tensor:
        """Which steps have a target, bool `[batch, time]`."""
        return keras.ops.not_equal(targets, self.padding)

    def size(self, targets: Tensor) -> Tensor:
        """How many steps of each example have a target, float32 `[batch]`."""
        return keras.ops.sum(keras.ops.cast(self.scored(targets), "float32"), axis=1)

    def teacher_inputs(self, targets: Tensor) -> dict[str, Tensor]:
        """Nothing of the targets is read: the inputs hold all that a step may know."""
        return {}

    def accuracy(self, answers: Tensor, targets: Tensor) -> Tensor:
        """Share of the scored steps with the correct output, float32 `[batch]`.

        Args:
            answers: int32 `[batch, time]`.
            targets: int32 `[batch, time]`.
        """
        return mean_over_steps(keras.ops.equal(answers, targets), self.scored(targets))
