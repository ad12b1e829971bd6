"""One vector of features for an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras

from models.inputs import Single
from models.spec import ModelSpec


@dataclass(frozen=True)
class VectorInput:
    """One vector of features, of about unit scale.

    Attributes:
        width: how many features.
    """

    width: int
    kind: ClassVar[str] = "vector"

    def connect_single(self, spec: ModelSpec) -> Single:
        """The input `vector`, float32 `[batch, width]`, as it is; it has no regions.

        Args:
            spec: of the network; nothing of it matters here.
        """
        vector = keras.Input((self.width,), dtype="float32", name="vector")
        return Single({"vector": vector}, vector)
