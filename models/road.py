"""What surrounds a network in an export. Light to import: tasks are declared with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tensorflow as tf


class RawRoad(Protocol):
    """What surrounds the network, in the graph: raw inputs -> tensors, answers -> outputs.

    An implementation is trackable by TensorFlow (a `tf.Module`), tables and all.
    """

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw inputs: name -> spec with the batch first."""
        ...

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Mapping[str, tf.Tensor | tf.RaggedTensor]:
        """Raw inputs of a batch -> the network's inputs; sequences are ragged."""
        ...

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """The network's answers for a batch -> named outputs, batch first."""
        ...
