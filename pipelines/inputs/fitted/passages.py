"""Passages as the ids of their characters, after START."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import START
from models.inputs.tokens import TokenInput
from pipelines.config import Config, DataSettings
from pipelines.data.examples import Columns
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.passages import Passages
from pipelines.inputs.tokenizers.symbols import Symbols


class FittedPassages(FittedInput):
    """Encodes passages character by character, START first, so that all are predicted.

    Args:
        tokenizer: of the characters.
        data: of the run.
    """

    unit = "characters"

    def __init__(self, tokenizer: Symbols, data: DataSettings):
        super().__init__(name="passages")
        self.tokenizer = tokenizer
        self.max_length = data.passage
        self.network = TokenInput(tokenizer.size)

    @classmethod
    def fit(cls, declared: Passages, train: Columns, config: Config) -> FittedPassages:
        """Learns the characters of the training split."""
        return cls(Symbols.fit(train["text"].tolist(), ""), config.data)

    @classmethod
    def load(cls, declared: Passages, folder: Path, config: Config) -> FittedPassages:
        """Reads what `save` wrote."""
        return cls(Symbols.load(folder / "symbols.json"), config.data)

    def save(self, folder: Path) -> None:
        """Writes `symbols.json`."""
        self.tokenizer.save(folder / "symbols.json")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The known characters."""
        return self.tokenizer.known

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """`text` `[batch]` -> `tokens`, int32 `[batch, characters + 1]`: START and the ids."""
        starts = tf.fill([tf.shape(raw["text"])[0], 1], START)
        return self._named(tf.concat([starts, self.tokenizer.encode(raw["text"])], axis=1))

    def encode_beginning(self, batch_size: tf.Tensor) -> dict[str, tf.Tensor]:
        """START, int32 `[batch, 1]`."""
        return {"tokens": tf.fill([batch_size, 1], START)}

    def encode_chunk(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """A chunk of a text -> `tokens`, int32 `[batch, characters]`."""
        return self._named(self.tokenizer.encode(raw["text"]))

    def measure(self, columns: Columns) -> Measured:
        """Characters of each passage, and how often each occurs."""
        counts: Counter[str] = Counter()
        for text in columns["text"]:
            counts.update(text)
        return Measured(np.array([len(text) for text in columns["text"]], np.int64), counts)

    def _named(self, tokens: tf.RaggedTensor) -> Encoded:
        return Encoded({"tokens": tokens}, tokens.with_values(self.tokenizer.names(tokens.values)))
