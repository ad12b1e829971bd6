"""What a word looks like: its characters -> a vector."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor

from models.ids import PADDING
from models.layers.pooling import StatePooling

WIDTH = 30
"""Of the embedding of a character."""

WINDOW = 3
"""Characters that a filter sees at once."""


@keras.saving.register_keras_serializable("unrolled")
class CharacterConvolution(keras.layers.Layer):
    """Characters of each word -> a vector, by a convolution and the maximum over its places.

    A filter finds a prefix, an ending or a capital letter wherever it stands, also in words that
    were never seen (Ma & Hovy 2016, section 2.1). Padding changes nothing: no place behind a word
    takes part in the maximum, and a word without characters is a vector of zeros.

    Args:
        count: how many character ids there are, padding (0) included.
        filters: features of a word.
        dropout: of the characters' embeddings in training.
    """

    def __init__(self, count: int, filters: int, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.count = count
        self.filters = filters
        self.dropout = dropout
        policy = self.dtype_policy
        self.embedding = keras.layers.Embedding(count, WIDTH, dtype=policy, name="embedding")
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="dropout")
        self.convolution = keras.layers.Conv1D(
            filters, WINDOW, padding="same", dtype=policy, name="convolution"
        )
        self.highest = StatePooling("max", dtype=policy, name="highest")

    def build(self, characters_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; the characters are `[batch, time, width]`."""
        self.embedding.build((None, None))
        self.convolution.build((None, None, WIDTH))

    def call(self, characters: KerasTensor, training: bool = False) -> KerasTensor:
        """Int32 ids `[batch, time, width]`, 0 is padding, to float `[batch, time, filters]`."""
        ops = keras.ops
        shape = ops.shape(characters)
        words = ops.reshape(characters, (shape[0] * shape[1], shape[2]))
        real = ops.not_equal(words, PADDING)
        embedded = self.drop(self.embedding(words), training=training)
        embedded = ops.where(real[:, :, None], embedded, ops.zeros_like(embedded))
        best = self.highest(self.convolution(embedded), real)
        return ops.reshape(best, (shape[0], shape[1], self.filters))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """`[batch, time, filters]`."""
        return (*shape[:2], self.filters)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {"count": self.count, "filters": self.filters, "dropout": self.dropout}
        return super().get_config() | own
