"""Numbers as the answer: regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf
from keras import KerasTensor

from models.outputs import Answer, SingleOutputs
from models.outputs.missing import count_known, known_targets
from models.outputs.steps import mean_over_steps


@dataclass(frozen=True)
class Values(SingleOutputs):
    """Numbers as the answer, such as the next values of a series; targets of about unit scale.

    A target that is NaN is missing and not scored.

    Attributes:
        count: how many numbers.
    """

    count: int
    heads: ClassVar[tuple[str, ...]] = ("values",)

    def connect(self, vector: KerasTensor) -> dict[str, KerasTensor]:
        """`values`, float32 `[batch, count]`, of a vector `[batch, features]`."""
        return {"values": keras.layers.Dense(self.count, dtype="float32", name="values")(vector)}

    def size(self, targets: tf.Tensor) -> tf.Tensor:
        """How many targets `[batch, count]` of each example are known, float32 `[batch]`."""
        return count_known(targets)

    def loss(self, answer: Answer, targets: tf.Tensor) -> tf.Tensor:
        """Squared error of each example, its mean over the known targets; 0 where none is known.

        Args:
            answer: of the model, with `values`, float32 `[batch, count]`.
            targets: float32 `[batch, count]`, NaN where missing.

        Returns:
            float32 `[batch]`.
        """
        filled, known = known_targets(targets)
        return mean_over_steps(tf.math.squared_difference(answer["values"], filled), known)

    def metrics(self, answer: Answer, targets: tf.Tensor) -> dict[str, tf.Tensor]:
        """`absolute_error` and `squared_error`: means over the known targets, float32 `[batch]`.

        Args:
            answer: of the model, with `values`.
            targets: float32 `[batch, count]`, NaN where missing.
        """
        filled, known = known_targets(targets)
        distance = tf.abs(tf.subtract(answer["values"], filled))
        return {
            "absolute_error": mean_over_steps(distance, known),
            "squared_error": self.loss(answer, targets),
        }
