"""Generated ids -> texts, and the targets of texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import END, PADDING
from models.outputs.tokens import Tokens
from pipelines.config import Config
from pipelines.data.examples import Columns, Examples
from pipelines.data.ragged import Ragged, joined
from pipelines.inputs.fitted.tokens import FittedTokens
from pipelines.inputs.tokenizers import symbols
from pipelines.inputs.tokenizers.symbols import Tokenizer
from pipelines.inputs.tokenizers.uncut import Uncut
from pipelines.outputs.fitted.base import FittedOutput, named
from pipelines.outputs.text import Text

FILE = "target.json"


class FittedText(FittedOutput):
    """Predicts texts by a decoder.

    Args:
        tokenizer: of the texts.
        config: of the run.
        file: that stores the tokeniser; empty where it is shared with the input.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "output_tokens": ("written",),
        "attention": ("written", "steps"),
        "copying": ("written",),
        "tokens": ("steps",),
    }

    def __init__(self, tokenizer: Tokenizer, config: Config, file: str):
        super().__init__(name="text")
        self.tokenizer = tokenizer
        self.target_length = config.data.target_length
        self.network = Tokens(tokenizer.size, config.training.label_smoothing, shared=not file)
        self._file = file
        self._uncut = Uncut(tokenizer)

    @classmethod
    def fit(
        cls, declared: Text, examples: Examples, config: Config, input: FittedTokens
    ) -> FittedText:
        """Learns the tokeniser from the training targets, unless it is shared with the input."""
        if input.shared:
            return cls(input.tokenizer, config, file="")
        texts, data = examples.splits["train"]["target"].tolist(), config.data
        tokenizer = symbols.fit(declared.tokenizer or data.tokenizer, texts, data.vocabulary)
        return cls(tokenizer, config, FILE)

    @classmethod
    def load(cls, declared: Text, folder: Path, config: Config, input: FittedTokens) -> FittedText:
        """Reads `target.json`, unless the tokeniser is shared with the input."""
        if input.shared:
            return cls(input.tokenizer, config, file="")
        return cls(symbols.load(folder / FILE), config, FILE)

    def save(self, folder: Path) -> None:
        """Writes the tokeniser, unless it is shared with the input."""
        if self._file:
            self.tokenizer.save(folder / self._file)

    @property
    def requires(self) -> tuple[str, ...]:
        """Libraries of the tokeniser's operations."""
        return self.tokenizer.requires

    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[Ragged, np.ndarray]:
        """The ids of a split's targets, and a weight of 1 for each."""
        del encoded
        uncut = self._uncut.take(columns["target"])
        tokens = tf.RaggedTensor.from_row_splits(uncut.values, uncut.splits, validate=False)
        ended = joined([self._ended(tokens)])
        assert isinstance(ended, Ragged)
        return ended, np.ones(len(ended.lengths), np.float32)

    def measure(self, columns: Columns) -> np.ndarray:
        """Tokens of each target."""
        return self._uncut.of(columns["target"]).lengths

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """To be scored: `target`, strings `[batch]`."""
        return {"target": tf.TensorSpec([None], tf.string, name="target")}

    def encode_targets(self, raw: Mapping[str, tf.Tensor], encoded: Encoded) -> tf.RaggedTensor:
        """`target` `[batch]` -> int32 `[batch, tokens]`, its beginning and END."""
        del encoded
        return self._ended(self.tokenizer.encode(raw["target"]))

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """Generated ids -> texts.

        Returns:
            output: strings `[batch]`, the text.
            score: float32 `[batch]`, its log-probability; of a beam normalised by length.
            output_tokens: strings `[batch, length]`, padded with "" on the right.
            attention, tokens: the attention of each token, of decoders with attention: float32
                `[batch, length, steps]`, and, where input steps have names, strings
                `[batch, steps]`.
            copying: float32 `[batch, length]`, the probability of copying, of copying decoders.
        """
        ids = answers["tokens"]
        ragged = tf.RaggedTensor.from_tensor(ids, answers["lengths"])
        decoded = {
            "output": self.tokenizer.decode(ragged),
            "score": answers["scores"],
            "output_tokens": self.tokenizer.names(ids),
        }
        if "attention" in answers:
            decoded |= {"attention": answers["attention"], **named(encoded)}
        if "copying" in answers:
            decoded["copying"] = answers["copying"]
        return decoded

    def decode_score(self, score: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Scores, and `output`, strings `[batch]`: the most probable tokens after the true ones."""
        best = score["best"]
        is_text = tf.logical_and(tf.not_equal(best, END), tf.not_equal(best, PADDING))
        text = self.tokenizer.decode(tf.ragged.boolean_mask(best, is_text))
        return {name: value for name, value in score.items() if name != "best"} | {"output": text}

    def _ended(self, tokens: tf.RaggedTensor) -> tf.RaggedTensor:
        """The first tokens of each target, and END."""
        ends = tf.fill([tokens.nrows(), 1], END)
        return tf.concat([tokens[:, : self.target_length], ends], axis=1)
