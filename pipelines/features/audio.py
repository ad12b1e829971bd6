"""Recordings -> log-mel features, in the graph: bytes of WAV files in, steps of features out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.features.frames import Scale
from pipelines.waves import header

WINDOW, HOP = 0.025, 0.010
"""Seconds that a frame sees, and from frame to frame: as recognisers mostly do."""

BINS = 40
"""Bands on the mel scale."""

LOWEST = 20.0
"""Hertz; below it there is hum, and no voice."""

SILENT = 1e-4
"""Root mean square of a recording of nothing, in which noise is not made as loud as a voice."""

FLOOR = 1e-2
"""Power in a band, of a recording with a root mean square of 1, below which all is silence."""

STACKED = 3
"""Frames that make one step: fewer steps for the recurrence, nothing lost (Sak et al. 2015, "Fast
and Accurate Recurrent Neural Network Acoustic Models for Speech Recognition", section 3)."""

AT_A_TIME = 64


class LogMel(tf.Module):
    """Implements `pipelines.features.frames.Frames` for the bytes of WAV files.

    A step is three frames of the logarithm of the power in 40 mel bands (Davis and Mermelstein
    1980, without the cosine transform), so that it takes 30 ms. Each recording is made equally loud
    and has the mean of each band subtracted (Atal 1974, "Effectiveness of Linear Prediction
    Characteristics of the Speech Wave"), so that neither microphone nor distance count.

    Args:
        rate: samples a second that a recording must have.
        scale: of the training split.
    """

    def __init__(self, rate: int, scale: Scale | None = None):
        super().__init__(name="log_mel")
        self.rate = rate
        self.width = BINS * STACKED
        self.scale = scale or Scale(np.zeros(self.width), np.ones(self.width))
        self.window, self.hop = round(WINDOW * rate), round(HOP * rate)
        # Twice as fine as the window asks for, or the lowest bands would hold no line.
        self.transformed = 2 ** int(np.ceil(np.log2(self.window)) + 1)

    @classmethod
    def fit(cls, audio: np.ndarray) -> LogMel:
        """Learns the sample rate and the scale.

        Args:
            audio: of the training split: bytes of WAV files of one sample rate.
        """
        rate = header(audio[0]).rate
        raw = cls(rate)
        graph = tf.function(raw.encode, input_signature=[raw.signature()])

        def parts() -> Iterator[np.ndarray]:
            for start in range(0, len(audio), AT_A_TIME):
                some = tf.constant(list(audio[start : start + AT_A_TIME]))
                yield graph({"audio": some}).values.numpy()

        return cls(rate, Scale.fit(parts()))

    def steps(self, samples: int) -> int:
        """How many steps a recording of so many samples gives; one at least."""
        return max(1, -(-samples // (STACKED * self.hop)))

    def signature(self) -> dict[str, tf.TensorSpec]:
        """One raw input: `audio`, strings `[batch]`, WAV files of one channel of 16-bit PCM."""
        return {"audio": tf.TensorSpec([None], tf.string, name="audio")}

    def encode(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """`audio` -> float32 `[batch, steps, 120]`.

        Raises:
            tf.errors.InvalidArgumentError: a recording of another form or sample rate.
        """
        # One by one: decoding takes one, and an answer cannot depend on what else is asked.
        spec = tf.RaggedTensorSpec([None, self.width], tf.float32, ragged_rank=0)
        found: Any = tf.map_fn(self._steps, raw["audio"], fn_output_signature=spec)
        return found

    def content(self) -> dict[str, Any]:
        """What `pipelines.features.frames.load` reads."""
        return {"kind": "audio", "rate": self.rate, "scale": self.scale.content()}

    def _steps(self, content: tf.Tensor) -> tf.Tensor:
        """One recording -> float32 `[steps, width]`."""
        sound, rate = tf.audio.decode_wav(content)  # [samples, channels]
        said = f"a recording must have one channel of {self.rate} samples a second"
        with tf.control_dependencies(
            [
                tf.debugging.assert_equal(rate, self.rate, said),
                tf.debugging.assert_equal(tf.shape(sound)[1], 1, said),
            ]
        ):
            sound = sound[:, 0]
        size = tf.shape(sound)[0]
        per_step = STACKED * self.hop
        loudness = tf.sqrt(
            tf.reduce_sum(tf.square(sound)) / tf.cast(tf.maximum(size, 1), tf.float32)
        )
        sound = sound / tf.maximum(loudness, SILENT)
        steps = tf.maximum(1, (size + per_step - 1) // per_step)
        missing = (STACKED * steps - 1) * self.hop + self.window - size
        sound = tf.pad(sound, [[0, missing]])
        spectrum = tf.signal.stft(sound, self.window, self.hop, self.transformed)
        power = tf.square(tf.abs(spectrum))
        bands = tf.signal.linear_to_mel_weight_matrix(
            BINS, self.transformed // 2 + 1, self.rate, LOWEST, self.rate / 2
        )
        logarithm = tf.math.log(tf.matmul(power, bands) + FLOOR)  # [frames, bins]
        logarithm -= tf.reduce_mean(logarithm, axis=0)
        return self.scale(tf.reshape(logarithm, [steps, self.width]))
