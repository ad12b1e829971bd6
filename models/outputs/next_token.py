"""The next token after each step as the answer: a language model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import keras
from keras import KerasTensor

from models.ids import PADDING
from models.outputs.steps import StepOutputs, mean_over_steps, rated_steps
from models.outputs.vocabulary import Logits
from models.tensors import Tensor


@dataclass(frozen=True)
class NextToken(StepOutputs):
    """The next token after each step as the answer.

    Targets are int32 `[batch, time]`: the inputs moved on by one step, 0 at padding.

    Attributes:
        vocabulary_size: number of ids, those of `models.ids` included; that of the input.
    """

    vocabulary_size: int
    heads: ClassVar[tuple[str, ...]] = ("next_token",)
    aligned: ClassVar[bool] = True
    rates: ClassVar[bool] = True
    padding: ClassVar[int] = PADDING

    def connect(
        self, states: KerasTensor, embedding: keras.layers.Layer | None
    ) -> dict[str, KerasTensor]:
        """The head.

        Args:
            states: float `[batch, time, features]`.
            embedding: of the input, if its matrix scores the tokens as well (Press & Wolf 2017;
                Inan et al. 2017); it is called with `reverse=True`. States of another width are
                projected to its own first.

        Returns:
            `logits`, float32 `[batch, time, vocabulary_size]`.
        """
        if embedding is None:
            head = Logits(self.vocabulary_size, dtype="float32", name="logits")
            return {"logits": head(states)}
        if states.shape[-1] != embedding.output_dim:
            states = keras.layers.Dense(embedding.output_dim, name="to_embedding")(states)
        return {"logits": embedding(states, reverse=True)}

    def loss(self, answer: Mapping[str, Tensor], targets: Tensor) -> Tensor:
        """Cross-entropy of each example in nats per token, float32 `[batch]`.

        Args:
            answer: of the model, with `logits`.
            targets: int32 `[batch, time]`.
        """
        scored = self.scored(targets)
        return mean_over_steps(rated_steps(answer["logits"], targets, scored).losses, scored)

    def metrics(self, answer: Mapping[str, Tensor], targets: Tensor) -> dict[str, Tensor]:
        """`accuracy` of the likeliest token, and `bits_per_token`, float32 `[batch]` each.

        Args:
            answer: of the model, with `logits`.
            targets: int32 `[batch, time]`.
        """
        scored = self.scored(targets)
        right = rated_steps(answer["logits"], targets, scored).right
        bits = self.loss(answer, targets) / math.log(2)
        return {"accuracy": mean_over_steps(right, scored), "bits_per_token": bits}
