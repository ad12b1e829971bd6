"""The recursions of a CRF in compiled loops, where nothing is exported: see `models.layers.crf`."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.kernels.compiled import kernels
from models.layers.recurrent import workers
from models.layers.recurrent.graph import call, outside
from models.tensors import Tensor


def log_likelihood(logits: Tensor, transitions: Tensor, tags: Tensor, where: Tensor) -> Tensor:
    """As `models.layers.crf.log_likelihood`."""
    kernels()  # loaded here, and not first in a thread of TensorFlow
    given = [tf.where(where, tags, 0), _lengths(where)]
    primal = [logits, transitions]
    (found,) = outside(_forward, _backward, primal, 1, 2, lambda some: [*some, *given])
    return tf.ensure_shape(found, logits.shape[:1])


def best(logits: Tensor, transitions: Tensor, where: Tensor) -> Tensor:
    """The most probable labels, int32 `[batch, time]`, 0 at padding; arguments likewise."""
    kernels()
    given = [tf.stop_gradient(logits), tf.stop_gradient(transitions), _lengths(where)]
    (tags,) = call(_best, given, [tf.int32])
    return tf.ensure_shape(tags, where.shape)


def _lengths(where: Tensor) -> Tensor:
    return tf.reduce_sum(tf.cast(where, tf.int32), 1)


def _forward(
    logits: np.ndarray, transitions: np.ndarray, tags: np.ndarray, lengths: np.ndarray
) -> list[np.ndarray]:
    """Log-probabilities, and for the way back the sums on the way and log Z."""
    sums = np.empty_like(logits)
    partitions, likelihoods = np.empty((2, len(logits)), np.float32)

    def rows(start: int, end: int) -> None:
        given, made = (logits, transitions, tags, lengths), (sums, partitions, likelihoods)
        kernels().crf.forward(*(each[start:end] for each in (*given, *made)))

    workers.together(rows, len(logits))
    return [likelihoods, sums, partitions]


def _backward(
    sums: np.ndarray,
    partitions: np.ndarray,
    logits: np.ndarray,
    transitions: np.ndarray,
    tags: np.ndarray,
    lengths: np.ndarray,
    gradients: np.ndarray,
) -> list[np.ndarray]:
    """The gradients of logits and transitions."""
    made = [np.empty_like(logits), np.empty_like(transitions)]

    def rows(start: int, end: int) -> None:
        given = (logits, transitions, tags, lengths, sums, partitions, gradients)
        kernels().crf.backward(*(each[start:end] for each in (*given, *made)))

    workers.together(rows, len(logits))
    return made


def _best(logits: np.ndarray, transitions: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    tags = np.zeros(logits.shape[:2], np.int32)

    def rows(start: int, end: int) -> None:
        some = (each[start:end] for each in (logits, transitions, lengths, tags))
        kernels().crf.best(*some)

    workers.together(rows, len(logits))
    return tags
