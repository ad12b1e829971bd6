"""The road of text to text: source -> ids, written ids -> text, and where each was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.ids import END, PADDING, UNKNOWN
from models.inputs.tokens import TokenInput
from models.outputs.tokens import Tokens as TokenOutputs
from pipelines.config import Config
from pipelines.examples import Columns, Examples
from pipelines.features import tokens
from pipelines.features.targets import encoded_targets
from pipelines.features.tokens import Tokens
from pipelines.ragged import Ragged


class PairFeatures(tf.Module):
    """Implements `pipelines.task.Features` and `models.road.ScoredRoad` for pairs of texts.

    Args:
        source: tokeniser of what is read.
        target: tokeniser of what is written; perhaps the same one.
        config: of the run.
    """

    def __init__(self, source: Tokens, target: Tokens, config: Config):
        super().__init__(name="pairs")
        self.source = source
        self.target = target
        self.max_length = config.data.max_length
        self.target_length = config.data.target_length
        self.inputs = TokenInput(source.size)
        self.outputs = TokenOutputs(
            target.size, config.training.label_smoothing, shared=target is source
        )

    @classmethod
    def fit(cls, examples: Examples, config: Config, target: str, shared: bool) -> PairFeatures:
        """Learns the tokenisers from the training split alone.

        Args:
            examples: with `text` and `target`.
            config: of the run; names the tokeniser of the source.
            target: the tokeniser of what is written; empty for that of the source.
            shared: whether one tokeniser, learned from both sides, serves both.
        """
        train, data = examples.splits["train"], config.data
        texts, written = train["text"].tolist(), train["target"].tolist()
        if shared:
            both = tokens.fit(data.tokenizer, texts + written, data.vocabulary)
            return cls(both, both, config)
        source = tokens.fit(data.tokenizer, texts, data.vocabulary)
        other = tokens.fit(target or data.tokenizer, written, data.vocabulary)
        return cls(source, other, config)

    def save(self, folder: Path) -> None:
        """Writes `source.json`, and `target.json` where that is another tokeniser."""
        self.source.save(folder / "source.json")
        if self.target is not self.source:
            self.target.save(folder / "target.json")

    @classmethod
    def load(cls, folder: Path, config: Config) -> PairFeatures:
        """Reads what `save` wrote."""
        source = tokens.load(folder / "source.json")
        own = folder / "target.json"
        return cls(source, tokens.load(own) if own.exists() else source, config)

    @property
    def requires(self) -> tuple[str, ...]:
        """Libraries of the tokenisers' operations."""
        return tuple(dict.fromkeys((*self.source.requires, *self.target.requires)))

    def signature(self) -> dict[str, tf.TensorSpec]:
        """One raw input: `text`, strings `[batch]`."""
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """To score: `target`, strings `[batch]`."""
        return {"target": tf.TensorSpec([None], tf.string, name="target")}

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.RaggedTensor]:
        """`text` `[batch]` -> `tokens`, int32 `[batch, tokens]`, its beginning; one at least."""
        return {"tokens": _some(self.source.encode(raw["text"])[:, : self.max_length])}

    def encode_targets(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """`target` `[batch]` -> int32 `[batch, tokens]`, its beginning and END."""
        ids = self.target.encode(raw["target"])[:, : self.target_length]
        ends = tf.fill([tf.shape(raw["target"])[0], 1], END)
        return tf.concat([ids, ends], axis=1)

    def targets(self, columns: Columns) -> tuple[Ragged, np.ndarray]:
        """Targets of a split, and a weight of 1 for each."""
        return encoded_targets(self, columns)

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What was written -> what a person reads.

        Returns:
            output: strings `[batch]`, the text.
            score: float32 `[batch]`, its log-probability; of a beam normalised by length.
            output_tokens: strings `[batch, length]`, padded with "" on the right.
            attention, source_tokens: where each token was looked at: float32 `[batch, length,
                source length]` and strings `[batch, source length]`.
            copying: float32 `[batch, length]`, how probable copying was, where tokens are copied.
        """
        written = outputs["tokens"]
        answer = {
            "output": self.target.decode(tf.RaggedTensor.from_tensor(written, outputs["lengths"])),
            "score": outputs["scores"],
            "output_tokens": self.target.names(written),
        }
        if "attention" in outputs:
            read = self.encode(raw)["tokens"].to_tensor()
            answer |= {
                "attention": outputs["attention"],
                "source_tokens": self.source.names(read),
            }
        if "copying" in outputs:
            answer["copying"] = outputs["copying"]
        return answer

    def decode_score(
        self, found: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Scores, and `output`, strings `[batch]`: what is likeliest after the true tokens."""
        del raw
        best = found["best"]
        written = tf.logical_and(tf.not_equal(best, END), tf.not_equal(best, PADDING))
        text = self.target.decode(tf.ragged.boolean_mask(best, written))
        return {name: value for name, value in found.items() if name != "best"} | {"output": text}


def _some(ids: tf.RaggedTensor) -> tf.RaggedTensor:
    """The ids, with one unknown token where there is none: no row may be fully masked."""
    empty = tf.equal(ids.row_lengths(), 0)
    filler = tf.RaggedTensor.from_row_lengths(
        tf.fill([tf.math.count_nonzero(empty)], UNKNOWN), tf.cast(empty, tf.int64)
    )
    return tf.concat([ids, filler], axis=1)
