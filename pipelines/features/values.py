"""The road of regression: steps of float features -> one number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf

from models.inputs.features import FeatureInput
from models.outputs.values import Values
from pipelines.examples import Columns


class ValueFeatures(tf.Module):
    """Implements `pipelines.task.Features` for sequences of features with one number each.

    Nothing is learned from data: features and values are of about unit scale as they are.

    Args:
        width: features of a step.
    """

    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(self, width: int):
        super().__init__(name="values")
        self.width = width
        self.inputs = FeatureInput(width)
        self.outputs = Values(1)

    def save(self, folder: Path) -> None:
        """Writes nothing: there is nothing to remember."""

    def signature(self) -> dict[str, tf.TensorSpec]:
        """Raw inputs: `features`, float32 `[batch, time, width]`; `lengths`, int32 `[batch]`."""
        return {
            "features": tf.TensorSpec([None, None, self.width], tf.float32, name="features"),
            "lengths": tf.TensorSpec([None], tf.int32, name="lengths"),
        }

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor | tf.RaggedTensor]:
        """The real steps, ragged `[batch, time, width]`, and how many, int32 `[batch]`.

        A length outside of 1 to the steps that were given is taken for the nearest of these.
        """
        lengths = tf.clip_by_value(raw["lengths"], 1, tf.shape(raw["features"])[1])
        return {
            "features": tf.RaggedTensor.from_tensor(raw["features"], lengths),
            "lengths": lengths,
        }

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """The answer: `value`, float32 `[batch]`."""
        del raw
        return {"value": tf.squeeze(outputs["values"], axis=1)}

    def targets(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Values, float32 `[n, 1]`, and a weight of 1 for each."""
        values = columns["value"]
        return values[:, None], np.ones(len(values), np.float32)
