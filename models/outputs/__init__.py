"""What a network answers, with its loss and metrics: one file for each family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from models.tensors import Tensor

if TYPE_CHECKING:
    from keras import KerasTensor

Answer = Mapping[str, Tensor]
"""The answers of a network by name, batch first."""


class Outputs(Protocol):
    """What a network answers.

    Attributes:
        heads: the entries of `models.spec.HEADS` that these outputs serve.
        aligned: whether targets have one entry for each step of the input, so that they are padded
            and cut as the input is; other targets have a length of their own, or none.
        rates: whether the network can rate given targets, token by token: see
            `models.build.score`.
    """

    heads: ClassVar[tuple[str, ...]]
    aligned: ClassVar[bool]
    rates: ClassVar[bool]

    def loss(self, answer: Answer, targets: Tensor) -> Tensor:
        """Loss of each example, float32 `[batch]`: the mean over its scored steps."""
        ...

    def metrics(self, answer: Answer, targets: Tensor) -> dict[str, Tensor]:
        """Metrics of each example, float32 `[batch]`: means over its scored steps."""
        ...

    def size(self, targets: Tensor) -> Tensor:
        """How many scored steps each example has, float32 `[batch]`; means are weighted by it."""
        ...

    def teacher_inputs(self, targets: Tensor) -> dict[str, Tensor]:
        """What the network reads of the targets in training, by name of the input."""
        ...


class SingleOutputs:
    """What outputs with one answer for an example have in common."""

    heads: ClassVar[tuple[str, ...]]
    aligned: ClassVar[bool] = False
    rates: ClassVar[bool] = False

    def connect(self, vector: KerasTensor) -> dict[str, KerasTensor]:
        """The head: the answers, of a vector `[batch, features]` that stands for an example."""
        raise NotImplementedError

    def loss(self, answer: Answer, targets: Tensor) -> Tensor:
        """Loss of each example, float32 `[batch]`."""
        raise NotImplementedError

    def metrics(self, answer: Answer, targets: Tensor) -> dict[str, Tensor]:
        """Metrics of each example, float32 `[batch]`."""
        raise NotImplementedError

    def size(self, targets: Tensor) -> Tensor:
        """One answer is one thing to score: ones, float32 `[batch]`."""
        import keras

        return keras.ops.ones(keras.ops.shape(targets)[:1], "float32")

    def teacher_inputs(self, targets: Tensor) -> dict[str, Tensor]:
        """Nothing of the targets is read."""
        return {}
