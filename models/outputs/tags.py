"""Any number of classes at once as the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf
from keras import KerasTensor

from models.outputs import Answer, SingleOutputs


@dataclass(frozen=True)
class Tags(SingleOutputs):
    """Any number of classes at once as the answer: each is decided for itself, by a sigmoid.

    Attributes:
        count: how many tags there are.
    """

    count: int
    heads: ClassVar[tuple[str, ...]] = ("tags",)

    def connect(self, vector: KerasTensor) -> dict[str, KerasTensor]:
        """`logits`, float32 `[batch, tags]`, of a vector `[batch, features]`."""
        return {"logits": keras.layers.Dense(self.count, dtype="float32", name="logits")(vector)}

    def loss(self, answer: Answer, targets: tf.Tensor) -> tf.Tensor:
        """Binary cross-entropy in nats of each example, its mean over the tags.

        It is computed from the logits, and so stays finite however sure the network is.

        Args:
            answer: of the model, with `logits`, float32 `[batch, tags]`.
            targets: 1 where a tag holds and 0 where not, float32 `[batch, tags]`.

        Returns:
            float32 `[batch]`.
        """
        losses = keras.ops.binary_crossentropy(targets, answer["logits"], from_logits=True)
        return keras.ops.mean(losses, axis=-1)

    def metrics(self, answer: Answer, targets: tf.Tensor) -> dict[str, tf.Tensor]:
        """`accuracy`: the share of the tags that are rightly given or withheld, float32 `[batch]`.

        Args:
            answer: of the model, with `logits`; a tag is given where its logit is positive.
            targets: float32 `[batch, tags]`.
        """
        predicted = tf.greater(answer["logits"], 0.0)
        right = tf.equal(predicted, tf.greater(targets, 0.5))
        return {"accuracy": tf.reduce_mean(tf.cast(right, tf.float32), axis=-1)}
