"""Steps of float features that are given as they are, brought to unit scale in the graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

SMALLEST = 1e-5
"""A feature that varies less than this is constant, and is not blown up."""


class Frames(Protocol):
    """What makes steps of features of a raw input, and remembers the scale of the training split.

    Attributes:
        width: features of a step.
    """

    width: int

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw inputs: name -> spec with the batch first."""
        ...

    def encode(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """Raw inputs of a batch -> float32 `[batch, steps, width]`, of unit scale."""
        ...

    def content(self) -> dict[str, Any]:
        """What `load` reads, as JSON can hold it."""
        ...


class Scale(tf.Module):
    """Brings features to mean 0 and standard deviation 1.

    Args:
        mean: of each feature, `[width]`.
        deviation: standard deviation of each, `[width]`.
    """

    def __init__(self, mean: np.ndarray, deviation: np.ndarray):
        super().__init__(name="scale")
        self.mean = np.asarray(mean, np.float32)
        self.deviation = np.asarray(deviation, np.float32)

    @classmethod
    def fit(cls, parts: Iterable[np.ndarray]) -> Scale:
        """The scale of the steps of a training split.

        Args:
            parts: float `[steps, width]` each.
        """
        count, total, squares = 0, np.zeros(()), np.zeros(())
        for part in parts:
            steps = part.astype(np.float64)
            count += len(steps)
            total = total + steps.sum(axis=0)
            squares = squares + np.square(steps).sum(axis=0)
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
        return cls(mean, np.where(deviation < SMALLEST, 1.0, deviation))

    def __call__(self, features: tf.Tensor) -> tf.Tensor:
        """Float32 `[..., width]` -> the same, scaled."""
        return tf.divide(tf.subtract(features, self.mean), self.deviation)

    def content(self) -> dict[str, list[float]]:
        """What JSON can hold of it."""
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Scale:
        """Reads what `content` gave."""
        return cls(np.array(content["mean"]), np.array(content["deviation"]))


class GivenFrames(tf.Module):
    """Implements `Frames` for examples that hold features already, such as MFCC.

    Args:
        scale: of the training split.
    """

    def __init__(self, scale: Scale):
        super().__init__(name="given_frames")
        self.scale = scale
        self.width = len(scale.mean)

    @classmethod
    def fit(cls, features: np.ndarray) -> GivenFrames:
        """Learns the scale.

        Args:
            features: of the training split: arrays `[steps, width]`.
        """
        return cls(Scale.fit(features))

    def signature(self) -> dict[str, tf.TensorSpec]:
        """`features`, float32 `[batch, steps, width]`, and `lengths`, int32 `[batch]`."""
        return {
            "features": tf.TensorSpec([None, None, self.width], tf.float32, name="features"),
            "lengths": tf.TensorSpec([None], tf.int32, name="lengths"),
        }

    def encode(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """The first `lengths` steps of `features`, scaled."""
        features = raw["features"]
        lengths = tf.clip_by_value(raw["lengths"], 0, tf.shape(features)[1])
        return tf.RaggedTensor.from_tensor(self.scale(features), lengths)

    def content(self) -> dict[str, Any]:
        """What `load` reads."""
        return {"kind": "features", "scale": self.scale.content()}


def load(file: Path) -> Frames:
    """Reads the `content` of frames of either kind."""
    from pipelines.features.audio import LogMel

    content = json.loads(file.read_text("utf-8"))
    scale = Scale.of(content["scale"])
    return LogMel(content["rate"], scale) if content["kind"] == "audio" else GivenFrames(scale)
