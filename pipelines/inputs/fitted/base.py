"""The base class of fitted inputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from pipelines.data import raw as raw_values
from pipelines.data.examples import Columns
from pipelines.data.ragged import Ragged, joined
from pipelines.inputs.base import Measured


class FittedInput(tf.Module):
    """Encodes raw inputs, in training, evaluation and export alike.

    Attributes:
        column: the raw column of strings that is encoded.
        unit: name of a step, in the plural.
        max_length: steps kept of an input; 1 where it is not a sequence.
        network: the input of the network, of `models.inputs`.
    """

    column: ClassVar[str] = "text"
    unit: str
    max_length: int
    network: Any

    @property
    def requires(self) -> tuple[str, ...]:
        """Libraries besides TensorFlow whose operations are used: none by default."""
        return ()

    @property
    def vocabulary(self) -> Collection[str] | None:
        """The known tokens; None where every step is known."""
        return None

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw inputs: name -> spec, batch first. By default `column`, strings `[batch]`."""
        # Explicit, or Keras takes the input for float32 (keras#19396).
        return {self.column: tf.TensorSpec([None], tf.string, name=self.column)}

    @abstractmethod
    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """Encodes the raw inputs of a batch."""

    @abstractmethod
    def measure(self, columns: Columns) -> Measured:
        """Uncut lengths of a split, and its tokens where the steps are tokens."""

    def encode_beginning(self, batch_size: tf.Tensor) -> Mapping[str, tf.Tensor] | None:
        """The steps before the first raw one; None where there are none."""
        del batch_size
        return None

    def encode_chunk(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """Encodes a chunk; by default as a whole sequence."""
        return self.encode(raw)

    def encode_split(self, columns: Columns) -> dict[str, Ragged | np.ndarray]:
        """The network's inputs for a whole split, computed by the graph of the export."""
        signature = self.signature()

        def inputs(raw: Mapping[str, tf.Tensor]) -> Mapping[str, Any]:
            return self.encode(raw).inputs

        # The open signature needs one trace for all batch sizes.
        graph = tf.function(inputs, input_signature=[signature])
        parts: dict[str, list[Any]] = {}
        for batch in raw_values.batches(columns, signature):
            for name, value in graph(batch).items():
                parts.setdefault(name, []).append(value)
        return {name: joined(values) for name, values in parts.items()}

    def align(self, labels: Sequence[Any]) -> Sequence[Any]:
        """The labels of the steps that are kept; by default the first `max_length`."""
        return labels[: self.max_length]

    def save(self, folder: Path) -> None:
        """Writes what was learned; by default nothing."""
        del folder
