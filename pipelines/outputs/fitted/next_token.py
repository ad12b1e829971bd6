"""The next token after each step: the targets are the input tokens, shifted by one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import END, PADDING
from models.outputs.next_token import NextToken
from pipelines.config import Config
from pipelines.data.examples import Columns, Examples
from pipelines.data.ragged import Ragged
from pipelines.inputs.fitted.passages import FittedPassages
from pipelines.inputs.tokenizers.symbols import Symbols
from pipelines.outputs.base import Output
from pipelines.outputs.fitted.base import FittedOutput


class FittedNextToken(FittedOutput):
    """Predicts the next token after each step.

    The input begins with START, so that the first token is predicted too; the prediction after the
    last one is not scored.

    Args:
        tokenizer: of the input.
    """

    def __init__(self, tokenizer: Symbols):
        super().__init__(name="next_token")
        self.tokenizer = tokenizer
        self.network = NextToken(tokenizer.size)

    @classmethod
    def fit(
        cls, declared: Output, examples: Examples, config: Config, input: FittedPassages
    ) -> FittedNextToken:
        """Shares the input's tokeniser."""
        return cls(input.tokenizer)

    @classmethod
    def load(
        cls, declared: Output, folder: Path, config: Config, input: FittedPassages
    ) -> FittedNextToken:
        """As `fit`: nothing was learned."""
        return cls(input.tokenizer)

    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[Ragged, np.ndarray]:
        """Targets of a split, and a weight of 1 for each passage."""
        del columns
        tokens = encoded["tokens"]
        assert isinstance(tokens, Ragged)
        shifted = np.roll(tokens.values, -1)
        shifted[tokens.splits[1:] - 1] = PADDING
        return Ragged(shifted, tokens.splits), np.ones(len(tokens.lengths), np.float32)

    def encode_targets(self, raw: Mapping[str, tf.Tensor], encoded: Encoded) -> tf.RaggedTensor:
        """int32 `[batch, tokens]`: the input's tokens without the first, and 0, not scored."""
        del raw
        tokens: Any = encoded.inputs["tokens"]
        return tf.concat([tokens[:, 1:], tf.fill([tokens.nrows(), 1], PADDING)], axis=1)

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """A generated continuation, or the distribution of the next token after a chunk.

        Returns:
            Of generated texts: `output`, strings `[batch]`, the continuation, and `score`, float32
            `[batch]`, its log-probability. Of the `logits` of a chunk of at least one character:
            `next`, strings `[batch, known characters]`, the possible next ones, the most probable
            first, and `probabilities`, float32 of that shape.
        """
        if "tokens" in answers:
            written = tf.RaggedTensor.from_tensor(answers["tokens"], answers["lengths"])
            return {"output": self.tokenizer.decode(written), "score": answers["scores"]}
        tokens: Any = encoded.inputs["tokens"]
        lengths = tf.cast(tokens.row_lengths(), tf.int32)
        last = tf.gather(answers["logits"], tf.maximum(lengths - 1, 0), batch_dims=1)
        known = tf.nn.softmax(last[:, END + 1 :])  # special ids are not generated
        probabilities, order = tf.math.top_k(known, known.shape[-1])
        return {"next": self.tokenizer.names(order + END + 1), "probabilities": probabilities}

    def decode_score(self, score: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The loss of a given text.

        Returns:
            loss: float32 `[batch]`, in nats per character.
            size: float32 `[batch]`, the number of characters.
            losses: float32 `[batch, characters]`, of each character; 0 after the end.
        """
        losses: Any = score["step_losses"]
        return {"loss": score["loss"], "size": score["size"], "losses": losses[:, :-1]}
