"""What a network reads: one file for each kind of input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from keras import KerasTensor
    from keras.layers import Layer

    from models.spec import ModelSpec


@dataclass(frozen=True)
class Connected:
    """A sequence, connected to the network's inputs.

    Attributes:
        inputs: the network's inputs by name.
        sequence: float32 `[batch, time, features]`, what the first layer reads.
        mask: bool `[batch, time]`, true where a step is real.
        embedding: of the tokens that are read; None where there are none.
    """

    inputs: dict[str, KerasTensor]
    sequence: KerasTensor
    mask: KerasTensor
    embedding: Layer | None = None


@dataclass(frozen=True)
class Single:
    """One thing instead of a sequence, connected to the network's inputs.

    Attributes:
        inputs: the network's inputs by name.
        vector: float32 `[batch, features]`, the whole of it.
        regions: float32 `[batch, regions, features]`, its parts in their places; None where it has
            none.
    """

    inputs: dict[str, KerasTensor]
    vector: KerasTensor
    regions: KerasTensor | None = None


class SequenceInput(Protocol):
    """Reads a sequence.

    Attributes:
        kind: one of `models.spec.INPUTS`.
    """

    kind: ClassVar[str]

    def connect(self, spec: ModelSpec) -> Connected:
        """Makes the inputs and leads them to a sequence."""
        ...


class SingleInput(Protocol):
    """Reads one thing.

    Attributes:
        kind: one of `models.spec.INPUTS`.
    """

    kind: ClassVar[str]

    def connect_single(self, spec: ModelSpec) -> Single:
        """Makes the inputs and leads them to a vector."""
        ...
