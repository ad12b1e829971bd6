"""Mode many_to_one: a sequence -> one answer about the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
from keras import KerasTensor

from models.attention import AttentionPooling
from models.inputs import TokenInput
from models.spec import ModelSpec
from models.stack import StatePooling, recurrent_stack


@dataclass(frozen=True)
class Classes:
    """One of several classes as the answer.

    Attributes:
        count: how many classes.
        label_smoothing: share of a target that is spread over all classes (Szegedy et al. 2016).
    """

    count: int
    label_smoothing: float = 0.0

    def loss(self, answer: Mapping[str, KerasTensor], targets: KerasTensor) -> KerasTensor:
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

    def metrics(
        self, answer: Mapping[str, KerasTensor], targets: KerasTensor
    ) -> dict[str, KerasTensor]:
        """What is averaged over the examples of a split, float32 `[batch]` each.

        Args:
            answer: of the model, with `logits`.
            targets: probabilities, float32 `[batch, classes]`.
        """
        return {"accuracy": keras.metrics.categorical_accuracy(targets, answer["logits"])}


def build(spec: ModelSpec, inputs: TokenInput, outputs: Classes) -> keras.Model:
    """The network: embedding, recurrent stack, pooling, softmax head.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it answers.

    Returns:
        A model from int32 `tokens` `[batch, time]` to a dictionary of `logits`, float32
        `[batch, classes]`, and, with attention, `attention`, float32 `[batch, time]`.
    """
    tokens, sequence, mask = inputs.connect(spec)
    states = recurrent_stack(spec, sequence, mask)
    answer = {}
    if spec.attention == "none":
        pooled = StatePooling(spec.pooling, spec.bidirectional, name="pooling")(states, mask)
    else:
        pooled, answer["attention"] = AttentionPooling(
            spec.attention, spec.attention_heads, name="attention_pooling"
        )(states, mask)
    if spec.dropout:
        pooled = keras.layers.Dropout(spec.dropout, name="pooled_dropout")(pooled)
    answer["logits"] = keras.layers.Dense(outputs.count, dtype="float32", name="logits")(pooled)
    return keras.Model({"tokens": tokens}, answer, name=f"{spec.mode}_{spec.cell}")
