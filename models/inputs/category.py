"""One of several categories: a class, an author, a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras

from models.inputs import Single
from models.spec import ModelSpec


@dataclass(frozen=True)
class CategoryInput:
    """One of several categories.

    Attributes:
        count: how many; they are numbered from 0.
    """

    count: int
    kind: ClassVar[str] = "category"

    def connect_single(self, spec: ModelSpec) -> Single:
        """Embeds the category.

        Args:
            spec: gives the width of the embedding and the dropout.

        Returns:
            Of the input `category`, int32 `[batch]`: a vector `[batch, embedding_dim]`; it has no
            regions.
        """
        category = keras.Input((), dtype="int32", name="category")
        vector = keras.layers.Embedding(self.count, spec.embedding_dim, name="category_embedding")(
            category
        )
        if spec.dropout:
            vector = keras.layers.Dropout(spec.dropout, name="category_dropout")(vector)
        return Single({"category": category}, vector)
