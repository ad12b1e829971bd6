"""A sequence of tokens of its own length as the answer, written by a decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import keras

from models.ids import PADDING, START
from models.outputs.steps import StepOutputs, mean_over_steps, rated_steps
from models.outputs.vocabulary import Rated, projection_of
from models.tensors import Tensor

NEVER_WRITTEN = (PADDING, START)


@dataclass(frozen=True)
class Tokens(StepOutputs):
    """A sequence of tokens of its own length as the answer.

    Targets are int32 `[batch, length]`: the tokens, END, and 0 at padding.

    Attributes:
        vocabulary_size: number of ids, those of `models.ids` included.
        label_smoothing: share of a target that is spread evenly over all that can be written
            (Szegedy et al. 2016, section 7): never over padding or START.
        shared: whether the ids are those of the tokens that are read, which can be copied then.
    """

    vocabulary_size: int
    label_smoothing: float = 0.0
    shared: bool = False
    heads: ClassVar[tuple[str, ...]] = ("tokens",)
    aligned: ClassVar[bool] = False
    rates: ClassVar[bool] = True
    padding: ClassVar[int] = PADDING

    def teacher_inputs(self, targets: Tensor) -> dict[str, Tensor]:
        """What the decoder reads in training.

        Args:
            targets: int32 `[batch, length]`.

        Returns:
            `previous`, int32 `[batch, length]`: START and the targets but the last, so that each
            scored step reads the token before it; 0 at padding.
        """
        ops = keras.ops
        moved = ops.concatenate([ops.full_like(targets[:, :1], START), targets[:, :-1]], axis=1)
        return {"previous": ops.where(self.scored(targets), moved, PADDING)}

    def loss(self, answer: Mapping[str, Tensor], targets: Tensor) -> Tensor:
        """Cross-entropy of each example in nats per token, float32 `[batch]`.

        With smoothing by e: (1 - e) CE(target) + e (mean of CE over all that can be written), which
        is CE(target) + e (logit of the target - mean of the logits of what can be written).

        Args:
            answer: of the model, with `logits`, float32 `[batch, length, vocabulary_size]`.
            targets: int32 `[batch, length]`.
        """
        scored = self.scored(targets)
        return mean_over_steps(self._rated(answer["logits"], targets, scored).losses, scored)

    def metrics(self, answer: Mapping[str, Tensor], targets: Tensor) -> dict[str, Tensor]:
        """`token_accuracy`: the share of the tokens that are the likeliest after the true ones.

        Args:
            answer: of the model, with `logits`.
            targets: int32 `[batch, length]`.

        Returns:
            float32 `[batch]`.
        """
        scored = self.scored(targets)
        right = self._rated(answer["logits"], targets, scored).right
        return {"token_accuracy": mean_over_steps(right, scored)}

    def _rated(self, logits: Tensor, targets: Tensor, scored: Tensor) -> Rated:
        """Loss, smoothed, and accuracy of each step."""
        if projection := projection_of(logits):
            return projection.rate(targets, scored, self.label_smoothing, NEVER_WRITTEN)
        rated = rated_steps(logits, targets, scored)
        if not self.label_smoothing:
            return rated
        ops = keras.ops
        own = ops.take_along_axis(logits, targets[:, :, None], axis=-1)[:, :, 0]
        written = ops.sum(logits, axis=-1) - sum(logits[:, :, never] for never in NEVER_WRITTEN)
        mean = written / (self.vocabulary_size - len(NEVER_WRITTEN))
        smoothed = rated.losses + self.label_smoothing * (own - mean)
        return Rated(ops.where(scored, smoothed, 0.0), rated.right)
