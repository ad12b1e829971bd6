"""A label for each step as the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import keras
from keras import KerasTensor

from models.layers import crf
from models.outputs.steps import StepOutputs, step_cross_entropy
from models.tensors import Tensor


@dataclass(frozen=True)
class Labels(StepOutputs):
    """A label for each step as the answer.

    With the head `labels` each step is decided for itself; with `crf` the labels of a sequence are
    decided together (`models.layers.crf`). Targets are int32 `[batch, time]`, -1 at padding.

    Attributes:
        count: how many labels.
    """

    count: int
    heads: ClassVar[tuple[str, ...]] = ("labels", "crf")
    aligned: ClassVar[bool] = True
    rates: ClassVar[bool] = False
    padding: ClassVar[int] = crf.PADDING

    def connect(self, states: KerasTensor, head: str) -> dict[str, KerasTensor]:
        """The head.

        Args:
            states: float `[batch, time, features]`.
            head: `labels` or `crf`.

        Returns:
            `logits`, float32 `[batch, time, labels]`, and of a CRF `transitions`, float32
            `[batch, labels + 2, labels]`.
        """
        logits = keras.layers.Dense(self.count, dtype="float32", name="logits")(states)
        if head == "labels":
            return {"logits": logits}
        return {"logits": logits, "transitions": crf.Transitions(name="transitions")(logits)}

    def loss(self, answer: Mapping[str, Tensor], targets: Tensor) -> Tensor:
        """Negative log-likelihood of the labels for each example, a step's share of it.

        Args:
            answer: of the model.
            targets: int32 `[batch, time]`.

        Returns:
            float32 `[batch]`.
        """
        scored = self.scored(targets)
        if "transitions" not in answer:
            return step_cross_entropy(answer["logits"], targets, scored)
        log_p = crf.log_likelihood(answer["logits"], answer["transitions"], targets, scored)
        return -log_p / keras.ops.maximum(self.size(targets), 1.0)

    def metrics(self, answer: Mapping[str, Tensor], targets: Tensor) -> dict[str, Tensor]:
        """`accuracy`: the share of an example's steps that are labelled rightly, float32 `[batch]`.

        Args:
            answer: of the model.
            targets: int32 `[batch, time]`.
        """
        tags = self.decode(answer, self.scored(targets))["tags"]
        return {"accuracy": self.accuracy(tags, targets)}

    def decode(self, answer: Mapping[str, Tensor], where: Tensor) -> dict[str, Tensor]:
        """The labels that the network decides for.

        Args:
            answer: of the model.
            where: bool `[batch, time]`, true at real steps.

        Returns:
            `tags`, int32 `[batch, time]`, -1 at padding; of a CRF also `scores`, float32
            `[batch]`: the log-probability of all tags of a sequence together.
        """
        if "transitions" in answer:
            tags, scores = crf.viterbi(answer["logits"], answer["transitions"], where)
            return {"tags": tags, "scores": scores}
        best = keras.ops.argmax(answer["logits"], axis=-1)
        return {"tags": keras.ops.where(where, keras.ops.cast(best, "int32"), self.padding)}
