"""One of several classes as the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf
from keras import KerasTensor

from models.outputs import Answer, SingleOutputs


@dataclass(frozen=True)
class Classes(SingleOutputs):
    """One of several classes as the answer.

    Attributes:
        count: how many classes.
        label_smoothing: share of a target that is spread over all classes (Szegedy et al. 2016).
    """

    count: int
    label_smoothing: float = 0.0
    heads: ClassVar[tuple[str, ...]] = ("classes",)

    def connect(self, vector: KerasTensor) -> dict[str, KerasTensor]:
        """`logits`, float32 `[batch, classes]`, of a vector `[batch, features]`."""
        return {"logits": keras.layers.Dense(self.count, dtype="float32", name="logits")(vector)}

    def loss(self, answer: Answer, targets: tf.Tensor) -> tf.Tensor:
        """Cross-entropy of each example.

        Args:
            answer: of the model, with `logits`, float32 `[batch, classes]`.
            targets: probabilities, float32 `[batch, classes]`.

        Returns:
            float32 `[batch]`.
        """
        return keras.losses.categorical_crossentropy(
            targets, answer["logits"], from_logits=True, label_smoothing=self.label_smoothing
        )

    def metrics(self, answer: Answer, targets: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is averaged over the examples of a split, float32 `[batch]` each.

        Args:
            answer: of the model, with `logits`.
            targets: probabilities, float32 `[batch, classes]`.
        """
        return {"accuracy": keras.metrics.categorical_accuracy(targets, answer["logits"])}
