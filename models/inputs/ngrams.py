"""What a token and the ones before it are together: hashed n-grams -> a vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.ids import PADDING

ROWS = 20_000
"""Vectors for the n-grams of each length. Characters of English have some 20,000 frequent n-grams
of four; of longer ones several share a vector."""

FACTOR, PRIME = 1_327_217_885, 2**31 - 1
"""Of the polynomial hash. Products stay within 64 bits; the factor is the golden section of the
prime, so that the small numbers that ids are lie far from each other (Knuth 1973, section 6.4)."""


@keras.saving.register_keras_serializable("unrolled")
class NGramEmbedding(keras.layers.Layer):
    """The sum of the vectors of the n-grams that end at each token, of two to `longest` tokens.

    A recurrent network so begins with what an n-gram model knows instead of learning it step by
    step. An n-gram's vector is found by a hash, without a vocabulary of n-grams (Bojanowski et al.
    2017, section 3.2; for n-grams that end at each symbol, Pagnoni et al. 2024, section 3.2.1).
    Before the first token there is padding.

    Args:
        longest: tokens of the longest n-gram, two or more.
        width: of a vector.
    """

    def __init__(self, longest: int, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.longest = longest
        self.width = width
        self.embedding = keras.layers.Embedding(
            (longest - 1) * ROWS, width, dtype=self.dtype_policy, name="embedding"
        )

    def build(self, tokens_shape: tuple[int | None, ...]) -> None:
        """Creates the vectors; the tokens are `[batch, time]`."""
        self.embedding.build((None, None, self.longest - 1))

    def call(self, tokens: KerasTensor) -> KerasTensor:
        """Int32 ids `[batch, time]` to float `[batch, time, width]`."""
        return keras.ops.sum(self.embedding(ngrams(tokens, self.longest)), axis=2)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """`[batch, time, width]`."""
        return (*shape, self.width)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"longest": self.longest, "width": self.width}


def ngrams(tokens: KerasTensor, longest: int) -> KerasTensor:
    """The rows of the n-grams that end at each token.

    Args:
        tokens: int32 ids `[batch, time]`.
        longest: tokens of the longest n-gram.

    Returns:
        int64 `[batch, time, longest - 1]`: of n-grams of two tokens below `ROWS`, of those of
        three from `ROWS` on, and so forth.
    """
    ops = keras.ops
    time, ids = ops.shape(tokens)[1], ops.cast(tokens, "int64") + 1
    hashed, rows = ids * FACTOR % PRIME, []
    for back in range(1, longest):
        before = ops.pad(ids, [[0, 0], [back, 0]], constant_values=PADDING + 1)[:, :time]
        hashed = (hashed + before) * FACTOR % PRIME
        rows.append(hashed % ROWS + (back - 1) * ROWS)
    return ops.stack(rows, axis=-1)


class Lookback:
    """Reads pieces of texts, whose first n-grams reach back into the piece before.

    Args:
        longest: tokens of the longest n-gram; 1 where there are none, and nothing is kept.
        network: from the inputs to the embedded sequence and its mask.
    """

    def __init__(self, longest: int, network: keras.Model):
        self.kept = longest - 1
        self.network = network

    def state_specs(self) -> list[tf.TensorSpec]:
        """Of the last tokens, int32 `[batch, longest - 1]`."""
        return [tf.TensorSpec([None, self.kept], tf.int32)] if self.kept else []

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """Padding, as before the first token of a whole text."""
        return [tf.fill([batch_size, spec.shape[1]], PADDING) for spec in self.state_specs()]

    def read(
        self, inputs: Mapping[str, tf.Tensor], before: list[tf.Tensor], training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Embeds a piece.

        Args:
            inputs: of the piece, `[batch, time, ...]` each.
            before: of the piece before, or `initial_states`.
            training: whether dropout is drawn.

        Returns:
            sequence: float `[batch, time, features]`.
            mask: bool `[batch, time]`.
            after: for the next piece.
        """
        if not self.kept:
            return *self.network(inputs, training=training), []
        # The kept tokens are read again in front of the piece, and what comes of them is cut off.
        led = {name: self._led(value) for name, value in inputs.items()}
        led["tokens"] = tokens = tf.concat([before[0], inputs["tokens"]], 1)
        sequence, mask = (part[:, self.kept :] for part in self.network(led, training=training))
        real = tf.reduce_sum(tf.cast(mask, tf.int32), 1, keepdims=True)  # [batch, 1]
        last = tf.gather(tokens, real + tf.range(self.kept), batch_dims=1)
        return sequence, mask, [last]

    def _led(self, values: tf.Tensor) -> tf.Tensor:
        return tf.pad(values, [[0, 0], [self.kept, 0], *[[0, 0]] * (len(values.shape) - 2)])
