"""Texts as the ids of a reversible tokeniser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import UNKNOWN
from models.inputs.tokens import TokenInput
from pipelines.config import Config, DataSettings
from pipelines.data.examples import Columns
from pipelines.data.ragged import Ragged, joined
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.tokenizers import symbols
from pipelines.inputs.tokenizers.symbols import Tokenizer
from pipelines.inputs.tokenizers.uncut import Uncut
from pipelines.inputs.tokenizers.words import without_empty_rows
from pipelines.inputs.tokens import Tokens


class FittedTokens(FittedInput):
    """Encodes texts by a tokeniser.

    Args:
        tokenizer: of the texts.
        data: of the run.
        shared: whether the output uses the same tokeniser.
    """

    def __init__(self, tokenizer: Tokenizer, data: DataSettings, shared: bool = False):
        super().__init__(name="tokens")
        self.tokenizer = tokenizer
        self.shared = shared
        self.unit = data.tokenizer
        self.max_length = data.max_length
        self.network = TokenInput(tokenizer.size)
        self._uncut = Uncut(tokenizer)

    @classmethod
    def fit(cls, declared: Tokens, train: Columns, config: Config) -> FittedTokens:
        """Learns the tokeniser from the training split, if shared from its targets too."""
        texts, data = train["text"].tolist(), config.data
        if declared.shared:
            texts += train["target"].tolist()
        return cls(symbols.fit(data.tokenizer, texts, data.vocabulary), data, declared.shared)

    @classmethod
    def load(cls, declared: Tokens, folder: Path, config: Config) -> FittedTokens:
        """Reads what `save` wrote."""
        return cls(symbols.load(folder / "source.json"), config.data, declared.shared)

    def save(self, folder: Path) -> None:
        """Writes `source.json`."""
        self.tokenizer.save(folder / "source.json")

    @property
    def requires(self) -> tuple[str, ...]:
        """Libraries of the tokeniser's operations."""
        return self.tokenizer.requires

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """`text` `[batch]` -> `tokens`, int32 `[batch, tokens]`: its beginning, at least one."""
        tokens = self._kept(self.tokenizer.encode(raw["text"]))
        return Encoded({"tokens": tokens}, tokens.with_values(self.tokenizer.names(tokens.values)))

    def encode_split(self, columns: Columns) -> dict[str, Ragged | np.ndarray]:
        """The ids of a split; texts that were already tokenised are not tokenised again."""
        uncut = self._uncut.take(columns["text"])
        tokens = tf.RaggedTensor.from_row_splits(uncut.values, uncut.splits, validate=False)
        return {"tokens": joined([self._kept(tokens)])}

    def measure(self, columns: Columns) -> Measured:
        """Tokens of each text."""
        return Measured(self._uncut.of(columns["text"]).lengths)

    def _kept(self, tokens: tf.RaggedTensor) -> tf.RaggedTensor:
        """The first tokens of each text, or one unknown token where there are none."""
        return without_empty_rows(tokens[:, : self.max_length], UNKNOWN)
