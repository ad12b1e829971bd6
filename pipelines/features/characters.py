"""The road of a language model of characters: a text is what is read and what is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from models.ids import END, PADDING, START
from models.inputs.tokens import TokenInput
from models.outputs.next_token import NextToken
from pipelines.examples import Columns, Examples
from pipelines.features import tokens
from pipelines.features.targets import encoded_targets
from pipelines.features.tokens import Symbols, Tokens
from pipelines.ragged import Ragged


class CharacterFeatures(tf.Module):
    """Implements `pipelines.task.Features`, `models.road.ScoredRoad` and `PieceRoad`.

    The network reads START and the characters, and says after each what comes next: with START
    even the first character is predicted, and what follows the last is not scored.

    Args:
        symbols: the characters.
    """

    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(self, symbols: Tokens):
        super().__init__(name="characters")
        self.symbols = symbols
        self.inputs = TokenInput(symbols.size)
        self.outputs = NextToken(symbols.size)

    @classmethod
    def fit(cls, examples: Examples) -> CharacterFeatures:
        """Learns the characters of the training split alone."""
        return cls(Symbols.fit(examples.splits["train"]["text"].tolist(), ""))

    def save(self, folder: Path) -> None:
        """Writes `symbols.json`."""
        self.symbols.save(folder / "symbols.json")

    @classmethod
    def load(cls, folder: Path) -> CharacterFeatures:
        """Reads what `save` wrote."""
        return cls(tokens.load(folder / "symbols.json"))

    def signature(self) -> dict[str, tf.TensorSpec]:
        """One raw input: `text`, strings `[batch]`."""
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """None: the text itself is scored."""
        return {}

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.RaggedTensor]:
        """`text` `[batch]` -> `tokens`, int32 `[batch, characters + 1]`: START and the ids."""
        starts = tf.fill([tf.shape(raw["text"])[0], 1], START)
        return {"tokens": tf.concat([starts, self.symbols.encode(raw["text"])], axis=1)}

    def encode_targets(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """`text` `[batch]` -> int32 `[batch, characters + 1]`: the ids and, unscored, 0."""
        ends = tf.fill([tf.shape(raw["text"])[0], 1], PADDING)
        return tf.concat([self.symbols.encode(raw["text"]), ends], axis=1)

    def encode_beginning(self, batch_size: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is read before the first piece of a text: START, int32 `[batch, 1]`."""
        return {"tokens": tf.fill([batch_size, 1], START)}

    def encode_piece(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.RaggedTensor]:
        """A piece of a text -> `tokens`, int32 `[batch, characters]`."""
        return {"tokens": self.symbols.encode(raw["text"])}

    def targets(self, columns: Columns) -> tuple[Ragged, np.ndarray]:
        """Targets of a split, and a weight of 1 for each passage."""
        return encoded_targets(self, columns)

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What was written, or what may follow a piece.

        Returns:
            Of what was written: `output`, strings `[batch]`, what follows the text, and `score`,
            float32 `[batch]`, its log-probability. Of `logits` after a piece of at least one
            character: `next`, strings `[batch, characters known]`, what may follow its last one,
            the likeliest first, and `probabilities`, float32 of that shape.
        """
        if "tokens" in outputs:
            written = tf.RaggedTensor.from_tensor(outputs["tokens"], outputs["lengths"])
            return {"output": self.symbols.decode(written), "score": outputs["scores"]}
        lengths = tf.cast(self.symbols.encode(raw["text"]).row_lengths(), tf.int32)
        last = tf.gather(outputs["logits"], tf.maximum(lengths - 1, 0), batch_dims=1)
        known = tf.nn.softmax(last[:, END + 1 :])  # the special ids are not written
        probabilities, order = tf.math.top_k(known, known.shape[-1])
        return {"next": self.symbols.names(order + END + 1), "probabilities": probabilities}

    def decode_score(
        self, found: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """How well a text was predicted.

        Returns:
            loss: float32 `[batch]`, in nats a character.
            size: float32 `[batch]`, how many characters there are.
            losses: float32 `[batch, characters]`, of each of them; 0 behind the end.
        """
        del raw
        losses: Any = found["step_losses"]
        return {"loss": found["loss"], "size": found["size"], "losses": losses[:, :-1]}
