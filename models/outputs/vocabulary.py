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

from models.kernels import softmax
from models.kernels.graph import in_graph
from models.kernels.threads import Memory, together
from models.tensors import Tensor

_ORIGIN = "_unrolled_projection"
_MEMORY = Memory()


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
        turned: whether the kernel is the matrix of an embedding.
    """

    states: Tensor
    kernel: Tensor
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
            losses, right = cross_entropy(
                states, self.kernel, bias, wanted, self.turned, smoothing, never
            )
            shape = tf.shape(scored, tf.int64)
            losses, right = (tf.scatter_nd(places, each, shape) for each in (losses, right))
            # With the targets themselves, so that no others are given their id.
            self._rated[key] = targets, Rated(losses, right > 0)
        return self._rated[key][1]


def remember(logits: Tensor, projection: Projection) -> Tensor:
    """Notes on logits how they were made."""
    if not isinstance(logits, keras.KerasTensor) and not tf.config.list_logical_devices("GPU"):
        setattr(logits, _ORIGIN, projection)
    return logits


def projection_of(logits: Tensor) -> Projection | None:
    """How logits were made, if that is known and of use here."""
    return getattr(logits, _ORIGIN, None)


@keras.saving.register_keras_serializable("unrolled")
class Logits(keras.layers.Dense):
    """`keras.layers.Dense`, which in training remembers what its answer is made of."""

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Projects states, float32 `[..., width]`, to logits, float32 `[..., vocabulary]`."""
        logits = super().call(inputs, training)
        if not training:
            return logits
        kernel, bias = map(tf.convert_to_tensor, (self.kernel, self.bias))
        return remember(logits, Projection(inputs, kernel, bias))


@keras.saving.register_keras_serializable("unrolled")
class TiedEmbedding(keras.layers.ReversibleEmbedding):
    """`keras.layers.ReversibleEmbedding`, which in training remembers what logits are made of."""

    def call(self, inputs: Tensor, reverse: bool = False, training: bool | None = None) -> Tensor:
        """Embeds ids, int `[...]`, or, in reverse, projects states to logits in float32."""
        answer = super().call(inputs, reverse)
        if not (reverse and training):
            return answer
        states, matrix = (keras.ops.cast(each, "float32") for each in (inputs, self.embeddings))
        return remember(answer, Projection(states, matrix, turned=True))


def cross_entropy(
    states: Tensor,
    kernel: Tensor,
    bias: Tensor,
    targets: Tensor,
    turned: bool = False,
    smoothing: float = 0.0,
    never: tuple[int, ...] = (),
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of projected states: see `models.kernels.softmax`.

    Args:
        states: float32 `[n, width]`.
        kernel: float32 `[width, vocabulary]`, or turned `[vocabulary, width]`.
        bias: float32 `[vocabulary]`.
        targets: int32 `[n]`.
        turned: whether the kernel is.
        smoothing: share of a target that is spread over all that can be written.
        never: ids that cannot be written.

    Returns:
        The losses in nats, and 1 where the target is the likeliest, else 0; float32 `[n]` each.
    """

    def run(*given: np.ndarray) -> tuple[np.ndarray, ...]:
        return _forward(*given, turned, smoothing, never)

    @tf.custom_gradient
    def loss(states: Tensor, kernel: Tensor, bias: Tensor) -> tuple:
        rest, sums, losses, right = in_graph(run, [states, kernel, bias, targets], 4)
        for each in (sums, losses, right):
            each.set_shape(states.shape[:1])

        def back(d_losses: Tensor, _: Tensor) -> tuple[Tensor, ...]:
            given = [rest, tf.math.divide_no_nan(d_losses, sums), states, kernel]
            made = in_graph(lambda *given: _backward(*given, turned), given, 3)
            likes = (states, kernel, bias)
            return tuple(
                tf.ensure_shape(d, like.shape) for d, like in zip(made, likes, strict=True)
            )

        return (losses, right), back

    return loss(states, kernel, bias)


def _forward(
    states: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray,
    targets: np.ndarray,
    turned: bool,
    smoothing: float,
    never: tuple[int, ...],
) -> tuple[np.ndarray, ...]:
    rows = len(states)
    rest = _MEMORY.empty(rows, len(bias))
    made = [np.empty(rows, np.float32) for _ in range(3)]
    smooth, left_out = np.float32(smoothing), np.array(never, np.int32)

    def part(start: int, end: int) -> None:
        some = slice(start, end)
        given = (states[some], kernel, turned, bias, targets[some], smooth, left_out)
        softmax.forward(*given, rest[some], *(each[some] for each in made))

    together(part, rows)
    return rest, *made


def _backward(
    rest: np.ndarray, weights: np.ndarray, states: np.ndarray, kernel: np.ndarray, turned: bool
) -> tuple[np.ndarray, ...]:
    d_states, d_kernel = np.empty_like(states), _MEMORY.empty(*kernel.shape)
    d_bias = np.empty(rest.shape[1], np.float32)
    weighted = states * weights[:, None]

    def rows(start: int, end: int) -> None:
        some = slice(start, end)
        softmax.states_back(rest[some], weights[some], kernel, turned, d_states[some])

    def words(start: int, end: int) -> None:
        softmax.weights_back(rest, weighted, weights, turned, start, end, d_kernel, d_bias)

    together(rows, len(states))
    together(words, len(d_bias))
    return d_states, d_kernel, d_bias
