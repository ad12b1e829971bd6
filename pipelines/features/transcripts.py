"""The road of transcription: recordings or features -> steps, what the network says -> text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf

from models.ids import END, PADDING
from models.inputs.features import FeatureInput
from models.outputs.tokens import Tokens as TokenOutputs
from models.outputs.transcript import Transcript
from pipelines.config import Config
from pipelines.errors import UserError
from pipelines.examples import Columns, Examples
from pipelines.features import frames, tokens
from pipelines.features.audio import LogMel
from pipelines.features.frames import Frames, GivenFrames
from pipelines.features.tokens import Symbols, Tokens
from pipelines.ragged import Ragged, joined
from pipelines.raw import tensors

SEPARATOR = " "
"""What stands between two symbols of a transcript."""


class TranscriptFeatures(tf.Module):
    """Implements `pipelines.task.Features` for sequences whose own steps spell a transcript (CTC).

    Args:
        frames: makes steps of the raw inputs.
        symbols: of the transcript.
        config: of the run.
    """

    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(self, frames: Frames, symbols: Tokens, config: Config):
        super().__init__(name="transcripts")
        self.frames = frames
        self.symbols = symbols
        self.max_length = config.data.max_length
        self.inputs = FeatureInput(frames.width)
        self.outputs: Transcript | TokenOutputs = Transcript(symbols.size)

    def save(self, folder: Path) -> None:
        """Writes `frames.json` and `symbols.json`."""
        said = json.dumps(self.frames.content())
        (folder / "frames.json").write_text(said, "utf-8")
        self.symbols.save(folder / "symbols.json")

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw inputs: `audio`, or `features` and their `lengths`."""
        return self.frames.signature()

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor | tf.RaggedTensor]:
        """Raw inputs -> `features`, float32 `[batch, steps, width]`, and `lengths`, int32."""
        steps = self.frames.encode(raw)[:, : self.max_length]
        return {"features": steps, "lengths": tf.cast(steps.row_lengths(), tf.int32)}

    def targets(self, columns: Columns) -> tuple[Ragged, np.ndarray]:
        """Targets of a split, int32 ids, and a weight of 1 for each."""
        texts = columns["target"]
        raw = tensors({"target": texts}, {"target": tf.TensorSpec([None], tf.string)})
        found = joined([self.encode_targets(raw)])
        assert isinstance(found, Ragged)
        return found, np.ones(len(texts), np.float32)

    def encode_targets(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """`target`, strings `[batch]` -> int32 `[batch, symbols]`."""
        return self.symbols.encode(raw["target"])

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What the steps say -> what a person reads.

        Returns:
            output: strings `[batch]`, the transcript, and score: float32 `[batch]`, its
                log-probability; neither for a piece of a recording.
            step_symbols: strings `[batch, steps]`, what each step says; "" where that is nothing,
                and step_scores: float32 `[batch, steps]`, the probability that it gives to it; 0
                behind the last step.
        """
        steps = self.encode(raw)["lengths"]
        said = tf.nn.softmax(outputs["logits"])
        real = tf.sequence_mask(steps, tf.shape(said)[1])
        best = tf.where(real, tf.argmax(said, axis=-1, output_type=tf.int32), PADDING)
        answer = {
            "step_symbols": self.symbols.names(best),
            "step_scores": tf.where(real, tf.reduce_max(said, axis=-1), 0.0),
        }
        if "tokens" in outputs:
            written = tf.RaggedTensor.from_tensor(outputs["tokens"], outputs["lengths"])
            answer |= {"output": self.symbols.decode(written), "score": outputs["scores"]}
        return answer


class WrittenTranscriptFeatures(TranscriptFeatures):
    """Implements `models.road.ScoredRoad` too: a decoder writes the transcript.

    Args:
        frames: makes steps of the raw inputs.
        symbols: of the transcript.
        config: of the run.
    """

    def __init__(self, frames: Frames, symbols: Tokens, config: Config):
        super().__init__(frames, symbols, config)
        self.target_length = config.data.target_length
        self.outputs = TokenOutputs(symbols.size, config.training.label_smoothing)

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """To score: `target`, strings `[batch]`."""
        return {"target": tf.TensorSpec([None], tf.string, name="target")}

    def encode_targets(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """`target`, strings `[batch]` -> int32 `[batch, symbols]`, its beginning and END."""
        ids = super().encode_targets(raw)[:, : self.target_length]
        return tf.concat([ids, tf.fill([tf.shape(raw["target"])[0], 1], END)], axis=1)

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What was written -> what a person reads.

        Returns:
            output: strings `[batch]`, the transcript.
            score: float32 `[batch]`, its log-probability; of a beam normalised by length.
            output_tokens: strings `[batch, length]`, padded with "" on the right.
            attention: float32 `[batch, length, steps]`, where each symbol was heard, where the
                decoder attends.
        """
        del raw
        written = outputs["tokens"]
        answer = {
            "output": self.symbols.decode(tf.RaggedTensor.from_tensor(written, outputs["lengths"])),
            "score": outputs["scores"],
            "output_tokens": self.symbols.names(written),
        }
        return answer | {name: outputs[name] for name in ("attention",) if name in outputs}

    def decode_score(
        self, found: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Scores, and `output`, strings `[batch]`: what is likeliest after the true symbols."""
        del raw
        best = found["best"]
        written = tf.logical_and(tf.not_equal(best, END), tf.not_equal(best, PADDING))
        text = self.symbols.decode(tf.ragged.boolean_mask(best, written))
        return {name: value for name, value in found.items() if name != "best"} | {"output": text}


def fit(examples: Examples, config: Config) -> TranscriptFeatures:
    """Features learned from the training split alone: symbols, and the scale of the inputs.

    Args:
        examples: with `target`, and `audio` or `features`.
        config: of the run; its head says who writes.

    Raises:
        UserError: the examples hold neither recordings nor features.
    """
    train = examples.splits["train"]
    if "audio" in train:
        read: Frames = LogMel.fit(train["audio"])
    elif "features" in train:
        read = GivenFrames.fit(train["features"])
    else:
        raise UserError(
            f"{examples.provenance.name} has neither recordings (a column audio) nor features (a "
            f"column features) to read."
        )
    return _kind(config)(read, Symbols.fit(train["target"].tolist(), SEPARATOR), config)


def load(folder: Path, config: Config) -> TranscriptFeatures:
    """Reads what `TranscriptFeatures.save` wrote."""
    read, symbols = frames.load(folder / "frames.json"), tokens.load(folder / "symbols.json")
    return _kind(config)(read, symbols, config)


def _kind(config: Config) -> type[TranscriptFeatures]:
    return TranscriptFeatures if config.model.head == "ctc" else WrittenTranscriptFeatures
