"""The few largest of very many numbers."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.tensors import Tensor

BLOCK = 128


def blocks_of(vocabulary: int) -> int:
    """The least multiple of `BLOCK` that holds a vocabulary."""
    return -(-vocabulary // BLOCK) * BLOCK


def fill_blocks(values: Tensor) -> Tensor:
    """Fills rows, float32 `[n, vocabulary]`, up to whole blocks with -inf."""
    missing = -values.shape[-1] % BLOCK
    return tf.pad(values, [[0, 0], [0, missing]], constant_values=-np.inf) if missing else values


def largest(values: Tensor, k: int | Tensor) -> tuple[Tensor, Tensor]:
    """What `tf.math.top_k` gives, but for the order of equal values, several times as fast.

    The k largest values lie in the k blocks with the largest maxima: a value of another block has
    k values above it, those maxima. A maximum is a vector operation; `top_k` looks at each number.

    Args:
        values: float32 `[n, columns]`, with columns a multiple of `BLOCK`.
        k: how many, at most the columns.

    Returns:
        values: float32 `[n, k]`, the largest first.
        indices: int32 `[n, k]`.
    """
    blocks = tf.reshape(values, [tf.shape(values)[0], -1, BLOCK])  # [n, blocks, BLOCK]
    count = tf.minimum(k, tf.shape(blocks)[1])
    chosen = tf.math.top_k(tf.reduce_max(blocks, axis=2), count).indices  # [n, count]
    among = tf.gather(blocks, chosen, axis=1, batch_dims=1)  # [n, count, BLOCK]
    among = tf.reshape(among, [-1, count * BLOCK])
    best, places = tf.math.top_k(among, k)
    indices = tf.gather(chosen, places // BLOCK, axis=1, batch_dims=1) * BLOCK + places % BLOCK
    return best, indices
