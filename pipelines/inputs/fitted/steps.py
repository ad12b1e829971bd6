"""Steps of float features, standardised in the graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.inputs.features import FeatureInput
from pipelines.config import Config
from pipelines.data.examples import Columns
from pipelines.inputs.audio import Audio
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.steps import Steps

FILE = "frames.json"

SMALLEST = 1e-5
"""A feature with a smaller standard deviation counts as constant and is not scaled."""


class Scale(tf.Module):
    """Standardises features to mean 0 and standard deviation 1.

    Args:
        mean: of each feature, `[width]`.
        deviation: standard deviation of each, `[width]`.
    """

    def __init__(self, mean: np.ndarray, deviation: np.ndarray):
        super().__init__(name="scale")
        self.mean = np.asarray(mean, np.float32)
        self.deviation = np.asarray(deviation, np.float32)

    @classmethod
    def fit(cls, parts: Iterable[np.ndarray], vectors: bool = False) -> Scale:
        """The scale of the steps of a training split.

        Args:
            parts: float `[steps, width]` each.
            vectors: whether the features are vectors in space, three by three: one factor for
                each vector, and no shift, so that turning the axes changes nothing.
        """
        count, total, squares = 0, np.zeros(()), np.zeros(())
        for part in parts:
            steps = part.astype(np.float64)
            count += len(steps)
            total = total + steps.sum(axis=0)
            squares = squares + np.square(steps).sum(axis=0)
        if vectors:
            lengths = np.sqrt((squares / count).reshape(-1, 3).mean(axis=1))
            return cls(np.zeros_like(total), np.repeat(np.maximum(lengths, SMALLEST), 3))
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
        return cls(mean, np.where(deviation < SMALLEST, 1.0, deviation))

    def __call__(self, features: tf.Tensor) -> tf.Tensor:
        """Float32 `[..., width]` -> the same, scaled."""
        return tf.divide(tf.subtract(features, self.mean), self.deviation)

    def content(self) -> dict[str, list[float]]:
        """The scale as JSON."""
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Scale:
        """Reads what `content` gave."""
        return cls(np.array(content["mean"]), np.array(content["deviation"]))


class FittedSteps(FittedInput):
    """Encodes steps of features.

    Args:
        width: features of a step.
        max_length: steps kept of an example.
        scale: of the training split; None where features are not scaled.
        vectors: whether the features are vectors in space, three by three.
    """

    unit = "steps"

    def __init__(
        self, width: int, max_length: int, scale: Scale | None = None, vectors: bool = False
    ):
        super().__init__(name="steps")
        self.scale = scale
        self.max_length = max_length
        self.network = FeatureInput(width, vectors=vectors)

    @classmethod
    def fit(cls, declared: Steps | Audio, train: Columns, config: Config) -> FittedSteps:
        """Learns width and scale from the training split, unless the width is declared."""
        if declared.width:
            return cls(declared.width, config.data.max_length)
        vectors = declared.vectors and train["steps"][0].shape[1] % 3 == 0
        scale = Scale.fit(train["steps"], vectors)
        return cls(len(scale.mean), config.data.max_length, scale, vectors)

    @classmethod
    def load(cls, declared: Steps | Audio, folder: Path, config: Config) -> FittedSteps:
        """Reads what `save` wrote."""
        if declared.width:
            return cls(declared.width, config.data.max_length)
        scale = Scale.of(json.loads((folder / FILE).read_text("utf-8"))["scale"])
        width = len(scale.mean)
        return cls(width, config.data.max_length, scale, declared.vectors and width % 3 == 0)

    def save(self, folder: Path) -> None:
        """Writes `frames.json` if a scale was learned."""
        if self.scale:
            content = {"kind": "features", "scale": self.scale.content()}
            (folder / FILE).write_text(json.dumps(content), "utf-8")

    def signature(self) -> dict[str, tf.TensorSpec]:
        """`steps`, float32 `[batch, time, width]`, and `lengths`, int32 `[batch]`."""
        return {
            "steps": tf.TensorSpec([None, None, self.network.width], tf.float32, name="steps"),
            "lengths": tf.TensorSpec([None], tf.int32, name="lengths"),
        }

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """The real steps -> `features`, `[batch, time, width]`, and `lengths`, int32 `[batch]`.

        Lengths are clipped to the range from 1 to the number of steps.
        """
        steps = raw["steps"] if self.scale is None else self.scale(raw["steps"])
        lengths = tf.minimum(tf.maximum(raw["lengths"], 1), tf.shape(steps)[1])
        ragged = tf.RaggedTensor.from_tensor(steps, lengths)
        return encoded_steps(ragged[:, : self.max_length])

    def measure(self, columns: Columns) -> Measured:
        """Steps of each example."""
        return Measured(columns["lengths"].astype(np.int64))


def encoded_steps(steps: tf.RaggedTensor) -> Encoded:
    """Ragged steps `[batch, steps, width]` as the inputs `features` and `lengths`; no names."""
    return Encoded({"features": steps, "lengths": tf.cast(steps.row_lengths(), tf.int32)})
