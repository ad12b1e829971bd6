"""Recordings (bytes of WAV files) -> log-mel features, in the graph."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.inputs.features import FeatureInput
from pipelines.config import Config
from pipelines.data.examples import Columns
from pipelines.data.waves import header
from pipelines.inputs.audio import Audio
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.fitted.steps import FILE, FittedSteps, Scale, encoded_steps

WINDOW, HOP = 0.025, 0.010
"""Length of a frame and distance between frames in seconds, usual in speech recognition."""

BINS = 40
"""Bands on the mel scale."""

LOWEST = 20.0
"""Hertz; below it there is hum but no voice."""

SILENT = 1e-4
"""Smallest root mean square that loudness is normalised by, so that noise is not amplified."""

FLOOR = 1e-2
"""Power in a band that counts as silence, in a recording with a root mean square of 1."""

STACKED = 3
"""Frames per step: fewer recurrent steps without loss of information (Sak et al. 2015, "Fast and
Accurate Recurrent Neural Network Acoustic Models for Speech Recognition", section 3)."""

AT_A_TIME = 64


class LogMel(FittedInput):
    """Encodes the bytes of WAV files, one channel of 16-bit PCM.

    A step is three frames of the logarithm of the power in 40 mel bands (Davis and Mermelstein
    1980, without the cosine transform), 30 ms in all. Recordings are normalised in loudness and
    in the mean of each band (Atal 1974, "Effectiveness of Linear Prediction Characteristics of the
    Speech Wave"), so that microphone and distance have little influence.

    Args:
        rate: sample rate of all recordings.
        max_length: steps kept of a recording.
        scale: of the training split.
    """

    column = "audio"
    unit = "steps"

    def __init__(self, rate: int, max_length: int, scale: Scale | None = None):
        super().__init__(name="log_mel")
        self.rate = rate
        self.max_length = max_length
        width = BINS * STACKED
        self.scale = scale or Scale(np.zeros(width), np.ones(width))
        self.network = FeatureInput(width)
        self.window, self.hop = round(WINDOW * rate), round(HOP * rate)
        # Twice the window's resolution, or the lowest bands would contain no frequency bin.
        self.transformed = 2 ** int(np.ceil(np.log2(self.window)) + 1)

    @classmethod
    def fit(cls, declared: Audio, train: Columns, config: Config) -> LogMel:
        """Learns the sample rate and the scale of the training split."""
        audio, longest = train["audio"], config.data.max_length
        rate = header(audio[0]).rate
        unscaled = cls(rate, longest)
        graph = tf.function(unscaled.steps, input_signature=list(unscaled.signature().values()))
        parts = (
            graph(tf.constant(audio[start : start + AT_A_TIME].tolist())).values.numpy()
            for start in range(0, len(audio), AT_A_TIME)
        )
        return cls(rate, longest, Scale.fit(parts))

    @classmethod
    def load(cls, declared: Audio, folder: Path, config: Config) -> LogMel | FittedSteps:
        """Reads what `save` wrote, for recordings or for precomputed features."""
        content = json.loads((folder / FILE).read_text("utf-8"))
        if content["kind"] != "audio":
            return FittedSteps.load(declared, folder, config)
        return cls(content["rate"], config.data.max_length, Scale.of(content["scale"]))

    def save(self, folder: Path) -> None:
        """Writes `frames.json`."""
        content = {"kind": "audio", "rate": self.rate, "scale": self.scale.content()}
        (folder / FILE).write_text(json.dumps(content), "utf-8")

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """`audio` -> `features`, float32 `[batch, steps, 120]`, and `lengths`, int32 `[batch]`.

        Raises:
            tf.errors.InvalidArgumentError: a recording of another form or sample rate.
        """
        return encoded_steps(self.steps(raw["audio"])[:, : self.max_length])

    def align(self, labels: Sequence[Any]) -> Sequence[Any]:
        """Of labels every 10 ms, the one in the middle of each step."""
        starts, last = range(0, len(labels), STACKED), len(labels) - 1
        return [labels[min(at + STACKED // 2, last)] for at in starts][: self.max_length]

    def measure(self, columns: Columns) -> Measured:
        """Steps of each recording, by the number of its samples."""
        hop = STACKED * self.hop
        lengths = [max(1, -(-header(content).samples // hop)) for content in columns["audio"]]
        return Measured(np.array(lengths, np.int64))

    def steps(self, audio: tf.Tensor) -> tf.RaggedTensor:
        """Recordings, strings `[batch]` -> float32 `[batch, steps, 120]`, uncut."""
        # One by one: an output must not depend on the other recordings of the batch.
        spec = tf.RaggedTensorSpec([None, self.network.width], tf.float32, ragged_rank=0)
        steps: Any = tf.map_fn(self._recording, audio, fn_output_signature=spec)
        return steps

    def _recording(self, content: tf.Tensor) -> tf.Tensor:
        """One recording -> float32 `[steps, width]`."""
        power = tf.square(tf.abs(self._spectrum(self._sound(content))))  # [frames, lines]
        bands = tf.signal.linear_to_mel_weight_matrix(
            BINS, self.transformed // 2 + 1, self.rate, LOWEST, self.rate / 2
        )
        logarithm = tf.math.log(tf.matmul(power, bands) + FLOOR)  # [frames, bins]
        logarithm -= tf.reduce_mean(logarithm, axis=0)
        return self.scale(tf.reshape(logarithm, [-1, self.network.width]))

    def _sound(self, content: tf.Tensor) -> tf.Tensor:
        """The samples of a recording, normalised in loudness, float32 `[samples]`."""
        sound, rate = tf.audio.decode_wav(content)  # [samples, channels]
        refusal = f"a recording must have one channel of {self.rate} samples a second"
        with tf.control_dependencies(
            [
                tf.debugging.assert_equal(rate, self.rate, refusal),
                tf.debugging.assert_equal(tf.shape(sound)[1], 1, refusal),
            ]
        ):
            sound = sound[:, 0]
        size = tf.cast(tf.maximum(tf.shape(sound)[0], 1), tf.float32)
        loudness = tf.sqrt(tf.reduce_sum(tf.square(sound)) / size)
        return sound / tf.maximum(loudness, SILENT)

    def _spectrum(self, sound: tf.Tensor) -> tf.Tensor:
        """Samples -> complex64 `[frames, lines]`, a whole number of steps."""
        size, per_step = tf.shape(sound)[0], STACKED * self.hop
        steps = tf.maximum(1, (size + per_step - 1) // per_step)
        missing = (STACKED * steps - 1) * self.hop + self.window - size
        padded = tf.pad(sound, [[0, missing]])
        return tf.signal.stft(padded, self.window, self.hop, self.transformed)
