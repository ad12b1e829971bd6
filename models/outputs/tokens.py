"""A sequence of tokens of its own length as the answer, written by a decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import keras

from models.ids import PADDING, START
from models.outputs.steps import StepOutputs, mean_over_steps, step_cross_entropy
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
        logits, scored = answer["logits"], self.scored(targets)
        losses = step_cross_entropy(logits, targets, scored)
        if not self.label_smoothing:
            return losses
        ops = keras.ops
        own = ops.take_along_axis(logits, targets[:, :, None], axis=-1)[:, :, 0]
        written = ops.sum(logits, axis=-1) - sum(logits[:, :, never] for never in NEVER_WRITTEN)
        mean = written / (self.vocabulary_size - len(NEVER_WRITTEN))
        return losses + self.label_smoothing * mean_over_steps(own - mean, scored)

    def metrics(self, answer: Mapping[str, Tensor], targets: Tensor) -> dict[str, Tensor]:
        """`token_accuracy`: the share of the tokens that are the likeliest after the true ones.

        Args:
            answer: of the model, with `logits`.
            targets: int32 `[batch, length]`.

        Returns:
            float32 `[batch]`.
        """
        best = keras.ops.cast(keras.ops.argmax(answer["logits"], axis=-1), "int32")
        return {"token_accuracy": self.accuracy(best, targets)}
