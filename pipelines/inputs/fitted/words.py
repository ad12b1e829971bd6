"""Texts as the ids of their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.inputs.tokens import TokenInput
from pipelines.config import Config
from pipelines.data.examples import Columns
from pipelines.data.ragged import Ragged, joined
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.tokenizers.words import Splits, WordEncoder, split_words
from pipelines.inputs.words import Words


class FittedWords(FittedInput):
    """Encodes texts word by word.

    Args:
        words: the vocabulary.
        splits: columns of texts, each split once.
    """

    unit = "tokens"

    def __init__(self, words: WordEncoder, splits: Splits | None = None):
        super().__init__(name="words")
        self.words = words
        self.max_length = words.max_length
        self.network = TokenInput(words.size)
        self._splits = splits or Splits(split_words)

    @classmethod
    def fit(cls, declared: Words, train: Columns, config: Config) -> FittedWords:
        """Learns the vocabulary of the training split."""
        splits, data = Splits(split_words), config.data
        counts = splits.of(train["text"]).counts()
        words = WordEncoder.fit(counts, data.vocabulary, data.min_count, data.max_length)
        return cls(words, splits)

    @classmethod
    def load(cls, declared: Words, folder: Path, config: Config) -> FittedWords:
        """Reads what `save` wrote, the maximum length included."""
        return cls(WordEncoder.load(folder / "words.json"))

    def save(self, folder: Path) -> None:
        """Writes `words.json`."""
        self.words.save(folder / "words.json")

    @property
    def vocabulary(self) -> frozenset[str]:
        """The known words."""
        return frozenset(self.words.vocabulary)

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """`text` `[batch]` -> `tokens`, int32 `[batch, words]`, named by the words."""
        words = self.words.cut(split_words(raw["text"]))
        return Encoded({"tokens": tf.ragged.map_flat_values(self.words.ids, words)}, words)

    def encode_split(self, columns: Columns) -> dict[str, Ragged | np.ndarray]:
        """The ids of a split; texts that were already split into words are not split again."""
        split = self._splits.take(columns["text"])
        ids = self.words.ids(split.words).numpy()[split.index.values]
        uncut = tf.RaggedTensor.from_row_splits(ids, split.index.splits, validate=False)
        return {"tokens": joined([self.words.cut(uncut)])}

    def align(self, labels: Sequence[Any]) -> Sequence[Any]:
        """The labels of the words that are kept, at the beginning and at the end."""
        head = self.max_length - self.max_length // 2
        tail = labels[head:]
        return [*labels[:head], *tail[max(0, len(tail) - self.max_length // 2) :]]

    def measure(self, columns: Columns) -> Measured:
        """Words of each text, and how often each word occurs."""
        split = self._splits.of(columns["text"])
        return Measured(split.index.lengths, split.counts())
