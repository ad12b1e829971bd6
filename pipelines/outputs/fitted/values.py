"""One number per example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.outputs.values import Values
from pipelines.config import Config
from pipelines.data.examples import Columns, Examples
from pipelines.data.ragged import Ragged
from pipelines.inputs.fitted.base import FittedInput
from pipelines.outputs.base import Output
from pipelines.outputs.fitted.base import FittedOutput


class FittedValue(FittedOutput):
    """Predicts one number of about unit scale."""

    def __init__(self) -> None:
        super().__init__(name="value")
        self.network = Values(1)

    @classmethod
    def fit(
        cls, declared: Output, examples: Examples, config: Config, input: FittedInput
    ) -> FittedValue:
        """Nothing is learned."""
        return cls()

    @classmethod
    def load(
        cls, declared: Output, folder: Path, config: Config, input: FittedInput
    ) -> FittedValue:
        """As `fit`: nothing was learned."""
        return cls()

    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values, float32 `[n, 1]`, and a weight of 1 for each."""
        del encoded
        values = columns["value"]
        return values[:, None], np.ones(len(values), np.float32)

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """The prediction: `value`, float32 `[batch]`."""
        del encoded
        return {"value": tf.squeeze(answers["values"], axis=1)}
