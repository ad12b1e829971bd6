"""What surrounds a network in an export: raw inputs in, decoded answers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Encoded:
    """Raw inputs of a batch, encoded.

    Attributes:
        inputs: the network's inputs by name, batch first; sequences are ragged.
        names: strings `[batch, steps]`, ragged, what each step is called; None where steps have no
            names. A graph in which nobody asks for them does not compute them.
    """

    inputs: Mapping[str, tf.Tensor | tf.RaggedTensor]
    names: tf.RaggedTensor | None = None


class RawInput(Protocol):
    """Encodes raw inputs, in the graph."""

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw inputs: name -> spec, batch first."""
        ...

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """Encodes the raw inputs of a batch."""
        ...

    def encode_beginning(self, batch_size: tf.Tensor) -> Mapping[str, tf.Tensor] | None:
        """What a streaming network reads before the first chunk, `[batch_size, steps, ...]`.

        A sequence may begin with something that no raw input holds, such as START; None where it
        does not.
        """
        ...

    def encode_chunk(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """Encodes the raw inputs of a chunk of a sequence."""
        ...


class RawOutput(Protocol):
    """Decodes a network's answers, in the graph."""

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """Decodes the network's answers for a batch.

        Args:
            answers: by name, batch first.
            encoded: what `RawInput.encode` made of that batch; nothing is encoded again.

        Returns:
            Named outputs, batch first.
        """
        ...

    def target_signature(self) -> dict[str, tf.TensorSpec]:
        """Raw targets to be rated, beside the raw inputs; none where the inputs are rated."""
        ...

    def encode_targets(self, raw: Mapping[str, tf.Tensor], encoded: Encoded) -> tf.RaggedTensor:
        """Raw targets of a batch, and its encoded inputs -> int32 `[batch, length]`."""
        ...

    def decode_score(self, score: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """What `models.build.score` found -> named outputs, batch first."""
        ...


class Preprocessing(Protocol):
    """What surrounds a network. Trackable by TensorFlow (a `tf.Module`), tables and all."""

    @property
    def input(self) -> RawInput:
        """What leads to it."""
        ...

    @property
    def output(self) -> RawOutput:
        """What follows it."""
        ...
