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


class ScoredRoad(RawRoad, Protocol):
    """A road on which given targets can be scored, not only new ones written.

    So an export tells how likely a text is, and evaluation what the network does while it is told
    the truth before each step (teacher forcing).
    """

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """The raw targets beside the raw inputs; none where the inputs are what is scored."""
        ...

    def encode_targets(self, raw: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
        """Raw inputs and targets of a batch -> the network's targets, int32 `[batch, length]`."""
        ...

    def decode_score(
        self, found: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What `models.build.score` found -> named outputs, batch first."""
        ...


class PieceRoad(RawRoad, Protocol):
    """A road whose sequences begin with something of its own, such as START.

    Fed in pieces, a network reads that once, before the first piece.
    """

    def encode_beginning(self, batch_size: tf.Tensor) -> Mapping[str, tf.Tensor]:
        """The network's inputs before the first piece, `[batch_size, steps, ...]`."""
        ...

    def encode_piece(
        self, raw: Mapping[str, tf.Tensor]
    ) -> Mapping[str, tf.Tensor | tf.RaggedTensor]:
        """Raw inputs of a piece -> the network's inputs for it; sequences are ragged."""
        ...
