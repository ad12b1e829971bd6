"""Scores over a large vocabulary, and what they cost: computed for the steps that are scored alone.

In training, a layer that projects states to logits remembers on its answer what it made it of, as
Keras's softmax remembers its logits. A loss that finds this works from the states of the scored
steps, and the logits of all steps are unused then: TensorFlow does not run unused operations.
Outside of training nothing is remembered, so that no export comes to hold the compiled loops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from models.layers.fast.cross_entropy import CrossEntropy, cross_entropy
from models.layers.recurrent.paths import kernels_serve
from models.layers.recurrent.workspace import Borrowed, Workspace
from models.tensors import Tensor

_ORIGIN = "_unrolled_projection"


@dataclass
class Rated:
    """What logits are worth beside targets, for each scored step.

    Attributes:
        losses: cross-entropy in nats, perhaps smoothed, float32 `[batch, time]`; else 0.
        right: whether the target is the likeliest, bool `[batch, time]`; else false.
    """

    losses: Tensor
    right: Tensor


@dataclass
class Projection:
    """How logits were made: states W + b.

    Attributes:
        states: float32 `[batch, time, width]`.
        kernel: W, float32 `[width, vocabulary]`, or turned `[vocabulary, width]`.
        bias: b, float32 `[vocabulary]`, or None.
        workspace: of the layer.
        turned: whether the kernel is the matrix of an embedding.
    """

    states: Tensor
    kernel: Tensor
    workspace: Borrowed
    bias: Tensor | None = None
    turned: bool = False
    _rated: dict[Any, tuple[Any, Rated]] = field(default_factory=dict)

    def rate(
        self, targets: Tensor, scored: Tensor, smoothing: float = 0.0, never: tuple[int, ...] = ()
    ) -> Rated:
        """Loss and accuracy in one pass, computed once for the same targets.

        Args:
            targets: int32 `[batch, time]`.
            scored: bool `[batch, time]`; elsewhere the target may be anything.
            smoothing: share of a target that is spread over all that can be written.
            never: ids that cannot be written.
        """
        key = (id(targets), smoothing, never)
        if key not in self._rated:
            places = tf.where(scored)
            states, wanted = tf.gather_nd(self.states, places), tf.gather_nd(targets, places)
            words = self.kernel.shape[0 if self.turned else 1]
            bias = tf.zeros([words]) if self.bias is None else self.bias
            how = CrossEntropy(self.workspace, self.turned, smoothing, never)
            losses, right = cross_entropy(states, self.kernel, bias, wanted, how)
            shape = tf.shape(scored, tf.int64)
            losses, right = (tf.scatter_nd(places, each, shape) for each in (losses, right))
            # With the targets themselves, so that no others are given their id.
            self._rated[key] = targets, Rated(losses, right > 0)
        return self._rated[key][1]


def remember(logits: Tensor, projection: Projection) -> Tensor:
    """Notes on logits how they were made."""
    if not isinstance(logits, keras.KerasTensor) and kernels_serve():
        setattr(logits, _ORIGIN, projection)
    return logits


def projection_of(logits: Tensor) -> Projection | None:
    """How logits were made, if that is known and of use here."""
    return getattr(logits, _ORIGIN, None)


@keras.saving.register_keras_serializable("unrolled")
class Logits(keras.layers.Dense):
    """`keras.layers.Dense`, which in training remembers what its answer is made of."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.workspace = Workspace()

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Projects states, float32 `[..., width]`, to logits, float32 `[..., vocabulary]`."""
        logits = super().call(inputs, training)
        if not training:
            return logits
        kernel, bias = map(tf.convert_to_tensor, (self.kernel, self.bias))
        return remember(logits, Projection(inputs, kernel, self.workspace.borrowed(), bias))


@keras.saving.register_keras_serializable("unrolled")
class TiedEmbedding(keras.layers.ReversibleEmbedding):
    """`keras.layers.ReversibleEmbedding`, which in training remembers what logits are made of."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.workspace = Workspace()

    def call(self, inputs: Tensor, reverse: bool = False, training: bool | None = None) -> Tensor:
        """Embeds ids, int `[...]`, or, in reverse, projects states to logits in float32."""
        answer = super().call(inputs, reverse)
        if not (reverse and training):
            return answer
        states, matrix = (keras.ops.cast(each, "float32") for each in (inputs, self.embeddings))
        return remember(answer, Projection(states, matrix, self.workspace.borrowed(), turned=True))
