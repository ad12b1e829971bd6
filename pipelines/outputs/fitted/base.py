"""The base class of fitted outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from pipelines.data.examples import Columns
from pipelines.data.ragged import Ragged


class FittedOutput(tf.Module):
    """Encodes targets and decodes answers, in training, evaluation and export alike.

    Attributes:
        axes: decoded outputs of open inner sizes -> the names of these axes, in order.
        network: the output of the network, of `models.outputs`.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    network: Any

    @property
    def requires(self) -> tuple[str, ...]:
        """Libraries besides TensorFlow whose operations are used: none by default."""
        return ()

    @abstractmethod
    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[Ragged | np.ndarray, np.ndarray]:
        """Targets of a split and a float32 weight for each example, batch first.

        Args:
            columns: raw.
            encoded: by `FittedInput.encode_split`.
        """

    @abstractmethod
    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """The network's answers for a batch -> named outputs, batch first."""

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """The raw targets to be scored: name -> spec; by default none."""
        return {}

    def encode_targets(self, raw: Mapping[str, tf.Tensor], encoded: Encoded) -> tf.RaggedTensor:
        """Encodes the raw targets of a batch, to be scored."""
        raise NotImplementedError(f"{type(self).__name__} rates no targets")

    def decode_score(self, score: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The network's scores of a batch -> named outputs, batch first."""
        raise NotImplementedError(f"{type(self).__name__} rates no targets")

    def measure(self, columns: Columns) -> np.ndarray | None:
        """Lengths of the targets of a split; None where they are not sequences."""
        del columns
        return None

    def save(self, folder: Path) -> None:
        """Writes what was learned; by default nothing."""
        del folder


def named(encoded: Encoded) -> dict[str, tf.Tensor]:
    """`tokens`, strings `[batch, steps]`, the names of the input steps, padded with "".

    Empty where steps have no names.
    """
    return {} if encoded.names is None else {"tokens": encoded.names.to_tensor("")}
