"""Scores over a large vocabulary, and what they cost: computed for the steps that are scored alone.

In training, a layer that projects states to logits remembers on its answer what it made it of, as
Keras's softmax remembers its logits. A loss that finds this works from the states of the scored
steps, and nobody needs the logits of all steps then: TensorFlow runs nothing that nobody needs.
Outside of training nothing is remembered, so that no export comes to hold the compiled loops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.kernels.compiled import kernels
from models.recurrent import workers
from models.recurrent.graph import outside
from models.recurrent.paths import kernels_serve
from models.recurrent.workspace import Borrowed, Workspace
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
        """Loss and accuracy in one pass, and once for all who ask about the same targets.

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


@dataclass(frozen=True)
class CrossEntropy:
    """The calls of `models.kernels.softmax`.

    Attributes:
        workspace: lends the buffers.
        turned: whether the kernel is.
        smoothing: share of a target that is spread over all that can be written.
        never: ids that cannot be written.
    """

    workspace: Borrowed
    turned: bool = False
    smoothing: float = 0.0
    never: tuple[int, ...] = ()

    def forward(
        self, states: np.ndarray, kernel: np.ndarray, bias: np.ndarray, targets: np.ndarray
    ) -> list[np.ndarray]:
        """Losses, what is right, and for the way back R and its sums."""
        rest = self.workspace.take(len(states), len(bias))
        sums, losses, right = (np.empty(len(states), np.float32) for _ in range(3))
        smoothing, never = np.float32(self.smoothing), np.array(self.never, np.int32)

        def part(start: int, end: int) -> None:
            some = slice(start, end)
            given = (states[some], kernel, self.turned, bias, targets[some], smoothing, never)
            made = (each[some] for each in (rest, sums, losses, right))
            kernels().softmax.forward(*given, *made)

        workers.together(part, len(states))
        return [losses, right, rest, sums]

    def backward(
        self, rest: np.ndarray, sums: np.ndarray, *given: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The gradients of states, kernel and bias."""
        states, kernel, bias, _, d_losses, _ = given
        d_states, d_bias = np.empty_like(states), np.empty_like(bias)
        d_kernel, weights = self.workspace.take(*kernel.shape), d_losses / sums
        weighted, turned = states * weights[:, None], self.turned

        def rows(start: int, end: int) -> None:
            some = slice(start, end)
            kernels().softmax.states_back(rest[some], weights[some], kernel, turned, d_states[some])

        def words(start: int, end: int) -> None:
            made = (d_kernel, d_bias)
            kernels().softmax.weights_back(rest, weighted, weights, turned, start, end, *made)

        workers.together(rows, len(states))
        workers.together(words, len(bias))
        return d_states, d_kernel, d_bias


def cross_entropy(
    states: Tensor, kernel: Tensor, bias: Tensor, targets: Tensor, how: CrossEntropy
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of projected states: see `models.kernels.softmax`.

    Args:
        states: float32 `[n, width]`.
        kernel: float32 `[width, vocabulary]`, or turned `[vocabulary, width]`.
        bias: float32 `[vocabulary]`.
        targets: int32 `[n]`.
        how: the calls.

    Returns:
        The losses in nats, and 1 where the target is the likeliest, else 0; float32 `[n]` each.
    """
    kernels()  # loaded here, and not first in a thread of TensorFlow
    primal = [states, kernel, bias]
    losses, right = outside(
        how.forward, how.backward, primal, 2, 2, lambda primal: [*primal, targets]
    )
    shape = states.shape[:1]
    return tf.ensure_shape(losses, shape), tf.ensure_shape(right, shape)
