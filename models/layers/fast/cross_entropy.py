"""Cross-entropy of projected states in compiled loops: see `models.kernels.losses.softmax`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from models.kernels.compiled import kernels
from models.layers.recurrent import workers
from models.layers.recurrent.graph import outside
from models.layers.recurrent.workspace import Borrowed
from models.tensors import Tensor


@dataclass(frozen=True)
class CrossEntropy:
    """The calls of `models.kernels.losses.softmax`.

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
    """Cross-entropy of projected states: see `models.kernels.losses.softmax`.

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
