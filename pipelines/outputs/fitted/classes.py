"""Class probabilities -> label and scores, and the targets of class labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.outputs import classes
from pipelines.config import Config
from pipelines.data.examples import Columns, Examples
from pipelines.data.ragged import Ragged
from pipelines.inputs.fitted.base import FittedInput
from pipelines.outputs.classes import Classes
from pipelines.outputs.fitted.base import FittedOutput, named

FILE = "classes.json"


class FittedClasses(FittedOutput):
    """Predicts one label per example.

    Args:
        labels: names of the classes.
        config: of the run.
        strength: column of how strongly an example belongs to the second class, or "".
        class_weights: weight of each class in training.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"attention": ("steps",), "tokens": ("steps",)}

    def __init__(
        self,
        labels: tuple[str, ...],
        config: Config,
        strength: str,
        class_weights: tuple[float, ...],
    ):
        super().__init__(name="classes")
        self.network = classes.Classes(len(labels), config.training.label_smoothing)
        self.class_weights = class_weights
        self.strength = strength
        self.sharpness = config.training.target_sharpness
        self._labels = labels

    @classmethod
    def fit(
        cls, declared: Classes, examples: Examples, config: Config, input: FittedInput
    ) -> FittedClasses:
        """Learns class weights from the training split only."""
        train, labels = examples.splits["train"], examples.labels
        weights = np.ones(len(labels))
        if config.training.class_weights == "balanced":
            counts = np.bincount(train["label"], minlength=len(weights))
            weights = counts.sum() / (len(counts) * np.maximum(counts, 1))
        strength = declared.strength
        usable = strength if _is_strength(train, strength, len(labels)) else ""
        return cls(labels, config, usable, tuple(weights.tolist()))

    @classmethod
    def load(
        cls, declared: Classes, folder: Path, config: Config, input: FittedInput
    ) -> FittedClasses:
        """Reads what `save` wrote."""
        content = json.loads((folder / FILE).read_text("utf-8"))
        labels, weights = tuple(content["labels"]), tuple(content["class_weights"])
        return cls(labels, config, content["strength"], weights)

    def save(self, folder: Path) -> None:
        """Writes `classes.json`."""
        content = {
            "labels": self._labels,
            "class_weights": self.class_weights,
            "strength": self.strength,
        }
        (folder / FILE).write_text(json.dumps(content, ensure_ascii=False), "utf-8")

    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Class probabilities, float32 `[n, classes]`, and weights, float32 `[n]`.

        A strength r becomes the probability sigmoid(sharpness * r) of the second class, so that
        weak examples count less. Without strengths the label has probability 1.
        """
        del encoded
        labels = columns["label"]
        targets = np.eye(self.network.count, dtype=np.float32)[labels]
        if self.strength in columns and self.sharpness:
            second = 1 / (1 + np.exp(-self.sharpness * columns[self.strength]))
            targets = np.stack([1 - second, second], axis=1).astype(np.float32)
        return targets, np.asarray(self.class_weights, np.float32)[labels]

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """Logits -> labels and scores.

        Returns:
            label: strings `[batch]`, the most probable class.
            scores: float32 `[batch, classes]`, the probabilities.
            classes: strings `[batch, classes]`, the names that the scores belong to.
            attention, tokens: the attention to each step, of networks with attention: float32 and
                strings `[batch, steps]`, padded with 0 and "" on the right.
        """
        names = tf.constant(self._labels)
        scores = tf.nn.softmax(answers["logits"])
        decoded: dict[str, Any] = {
            "label": tf.gather(names, tf.argmax(scores, axis=-1)),
            "scores": scores,
            "classes": tf.tile(tf.expand_dims(names, 0), [tf.shape(scores)[0], 1]),
        }
        if "attention" in answers:
            decoded |= {"attention": answers["attention"], **named(encoded)}
        return decoded


def _is_strength(columns: Columns, name: str, classes: int) -> bool:
    """Whether the sign of a column says which of two classes an example belongs to.

    A column of that name in a user's file may have another meaning, such as stars from 1 to 5.
    """
    if classes != 2 or name not in columns:
        return False
    return bool(np.all(columns[name] * (2 * columns["label"] - 1) >= 0))
