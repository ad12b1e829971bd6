"""Symbols of the steps of a recording -> a transcript, and the targets of transcripts (CTC)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import PADDING
from models.outputs.transcript import Transcript
from pipelines.config import Config
from pipelines.data.examples import Columns, Examples
from pipelines.data.ragged import Ragged
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.tokenizers.symbols import Symbols
from pipelines.inputs.tokenizers.uncut import Uncut
from pipelines.outputs.base import Output
from pipelines.outputs.fitted.base import FittedOutput
from pipelines.outputs.fitted.text import FittedText

FILE = "symbols.json"


class FittedTranscript(FittedOutput):
    """Predicts a transcript by a symbol for each step.

    Args:
        symbols: of the transcript.
    """

    def __init__(self, symbols: Symbols):
        super().__init__(name="transcript")
        self.symbols = symbols
        self.network = Transcript(symbols.size)
        self._uncut = Uncut(symbols)

    @classmethod
    def fit(
        cls, declared: Output, examples: Examples, config: Config, input: FittedInput
    ) -> FittedTranscript | FittedText:
        """Learns the symbols of the training split; the head decides how they are predicted."""
        texts = examples.splits["train"]["target"].tolist()
        return cls._by_head(Symbols.fit(texts, " "), config)

    @classmethod
    def load(
        cls, declared: Output, folder: Path, config: Config, input: FittedInput
    ) -> FittedTranscript | FittedText:
        """Reads `symbols.json`."""
        return cls._by_head(Symbols.load(folder / FILE), config)

    @classmethod
    def _by_head(cls, symbols: Symbols, config: Config) -> FittedTranscript | FittedText:
        return cls(symbols) if config.model.head == "ctc" else FittedText(symbols, config, FILE)

    def save(self, folder: Path) -> None:
        """Writes `symbols.json`."""
        self.symbols.save(folder / FILE)

    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[Ragged, np.ndarray]:
        """The ids of a split's transcripts, and a weight of 1 for each."""
        del encoded
        ids = self._uncut.take(columns["target"])
        return ids, np.ones(len(ids.lengths), np.float32)

    def measure(self, columns: Columns) -> np.ndarray:
        """Symbols of each transcript."""
        return self._uncut.of(columns["target"]).lengths

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """Symbols of the steps -> transcripts.

        Returns:
            output, score: strings `[batch]`, the transcript, and float32 `[batch]`, its
                log-probability; neither for a chunk of a recording.
            step_symbols, step_scores: strings `[batch, steps]`, the most probable symbol of each
                step, "" for none, and float32 `[batch, steps]`, its probability; 0 after the last
                step.
        """
        steps: Any = encoded.inputs["lengths"]
        scores = tf.nn.softmax(answers["logits"])
        real = tf.sequence_mask(steps, tf.shape(scores)[1])
        best = tf.where(real, tf.argmax(scores, axis=-1, output_type=tf.int32), PADDING)
        decoded = {
            "step_symbols": self.symbols.names(best),
            "step_scores": tf.where(real, tf.reduce_max(scores, axis=-1), 0.0),
        }
        if "tokens" in answers:
            written = tf.RaggedTensor.from_tensor(answers["tokens"], answers["lengths"])
            decoded |= {"output": self.symbols.decode(written), "score": answers["scores"]}
        return decoded
