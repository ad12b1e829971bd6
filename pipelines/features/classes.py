"""The road of text classification: text -> ids, logits -> label, scores and attended tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf

from models.inputs.tokens import TokenInput
from models.outputs.classes import Classes
from pipelines.config import Config
from pipelines.data_card import Counts
from pipelines.examples import Columns, Examples
from pipelines.features.text import WordEncoder, count_words


class TextClassFeatures(tf.Module):
    """Implements `pipelines.task.Features` for texts with one label.

    Args:
        words: the vocabulary.
        labels: names of the classes.
        config: of the run.
        strength: column that says how strongly an example belongs to the second class, or "".
        class_weights: weight of each class's examples in training.

    Attributes:
        counts: of the training texts, for the data card; None of features that were loaded.
    """

    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        words: WordEncoder,
        labels: tuple[str, ...],
        config: Config,
        strength: str,
        class_weights: tuple[float, ...],
    ):
        super().__init__(name="text_classes")
        self.words = words
        self.counts: Counts | None = None
        self.inputs = TokenInput(words.size)
        self.outputs = Classes(len(labels), config.training.label_smoothing)
        self.class_weights = class_weights
        self.strength = strength
        self.sharpness = config.training.target_sharpness
        self._labels = labels

    @classmethod
    def fit(cls, examples: Examples, config: Config, strength: str) -> TextClassFeatures:
        """Learns vocabulary and class weights from the training split alone."""
        train = examples.splits["train"]
        data = config.data
        read = count_words(train["text"].tolist())
        words = WordEncoder.fit(read.tokens, data.vocabulary, data.min_count, data.max_length)
        weights = np.ones(len(examples.labels))
        if config.training.class_weights == "balanced":
            counts = np.bincount(train["label"], minlength=len(weights))
            weights = counts.sum() / (len(counts) * np.maximum(counts, 1))
        usable = strength if _is_strength(train, strength, len(examples.labels)) else ""
        made = cls(words, examples.labels, config, usable, tuple(weights.tolist()))
        made.counts = read
        return made

    def save(self, folder: Path) -> None:
        """Writes `words.json` and `classes.json`."""
        self.words.save(folder / "words.json")
        content = {
            "labels": self._labels,
            "class_weights": self.class_weights,
            "strength": self.strength,
        }
        (folder / "classes.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, config: Config) -> TextClassFeatures:
        """Reads what `save` wrote."""
        content = json.loads((folder / "classes.json").read_text("utf-8"))
        words = WordEncoder.load(folder / "words.json")
        labels, weights = tuple(content["labels"]), tuple(content["class_weights"])
        return cls(words, labels, config, content["strength"], weights)

    def signature(self) -> dict[str, tf.TensorSpec]:
        """One raw input: `text`, strings `[batch]`."""
        # Explicit, or Keras takes the input for float32 (keras#19396).
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.RaggedTensor]:
        """`text` `[batch]` -> `tokens`, int32 `[batch, words]`."""
        return {"tokens": self.words.encode(raw["text"])}

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Logits -> what a person reads.

        Returns:
            label: strings `[batch]`, the likeliest class.
            scores: float32 `[batch, classes]`, its probabilities.
            classes: strings `[batch, classes]`, the names that the scores belong to.
            attention, tokens: where the network attends: float32 and strings `[batch, words]`,
                padded with 0 and "" on the right.
        """
        names = tf.constant(self._labels)
        scores = tf.nn.softmax(outputs["logits"])
        answer = {
            "label": tf.gather(names, tf.argmax(scores, axis=-1)),
            "scores": scores,
            "classes": tf.tile(tf.expand_dims(names, 0), [tf.shape(scores)[0], 1]),
        }
        if "attention" in outputs:
            answer["attention"] = outputs["attention"]
            answer["tokens"] = self.words.words(raw["text"]).to_tensor("")
        return answer

    def targets(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Class probabilities, float32 `[n, classes]`, and weights, float32 `[n]`.

        A strength r becomes the probability sigmoid(sharpness * r) of the second class: a
        lukewarm example pulls less than a glowing one. Without one, the label is certain.
        """
        labels = columns["label"]
        targets = np.eye(self.outputs.count, dtype=np.float32)[labels]
        if self.strength in columns and self.sharpness:
            second = 1 / (1 + np.exp(-self.sharpness * columns[self.strength]))
            targets = np.stack([1 - second, second], axis=1).astype(np.float32)
        return targets, np.asarray(self.class_weights, np.float32)[labels]


def _is_strength(columns: Columns, name: str, classes: int) -> bool:
    """Whether a column says by its sign which of two classes an example belongs to.

    A column of that name in somebody's own file may be anything, stars from 1 to 5 for instance.
    """
    if classes != 2 or name not in columns:
        return False
    return bool(np.all(columns[name] * (2 * columns["label"] - 1) >= 0))
