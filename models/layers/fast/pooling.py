"""The highest of each feature over the real steps, in compiled loops: one pass each way."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.kernels.compiled import kernels
from models.layers.recurrent import workers
from models.layers.recurrent.graph import outside
from models.tensors import Tensor


def highest(states: Tensor, where: Tensor) -> Tensor:
    """The highest of each feature; of several that are highest the first has the gradient.

    Args:
        states: float32 `[n, time, features]`.
        where: bool `[n, time]`, true at real steps, padding on the right.

    Returns:
        float32 `[n, features]`, 0 where there is no real step.
    """
    kernels()  # loaded here, and not first in a thread of TensorFlow
    lengths = tf.reduce_sum(tf.cast(where, tf.int32), 1)
    (found,) = outside(_forward, _backward, [states], 1, 1, lambda some: [*some, lengths])
    return tf.ensure_shape(found, [states.shape[0], states.shape[2]])


def _forward(states: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """The highest, and a copy for the way back: TensorFlow may write into what it is given."""
    found = np.empty((states.shape[0], states.shape[2]), np.float32)

    def rows(start: int, end: int) -> None:
        kernels().pooling.forward(*(each[start:end] for each in (states, lengths, found)))

    workers.together(rows, len(states))
    return [found, found.copy()]


def _backward(
    found: np.ndarray, states: np.ndarray, lengths: np.ndarray, gradient: np.ndarray
) -> list[np.ndarray]:
    left, d_states = gradient.copy(), np.empty_like(states)

    def rows(start: int, end: int) -> None:
        some = (each[start:end] for each in (states, lengths, found, left, d_states))
        kernels().pooling.backward(*some)

    workers.together(rows, len(states))
    return [d_states]
