"""Images that are read row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras

from models.inputs import Connected
from models.inputs.augmentation import ImageAugmentation
from models.spec import ModelSpec


@dataclass(frozen=True)
class RowInput:
    """Images that are read row by row, from the top: a row is a step.

    Attributes:
        height: rows of an image.
        width: pixels of a row.
        channels: values of a pixel.
    """

    height: int
    width: int
    channels: int = 1
    kind: ClassVar[str] = "rows"

    def connect(self, spec: ModelSpec) -> Connected:
        """Makes each row one step.

        Args:
            spec: gives the augmentation.

        Returns:
            Of the input `image`, float32 `[batch, height, width, channels]`: the sequence `[batch,
            height, width * channels]` and a mask that is true throughout.
        """
        size = (self.height, self.width, self.channels)
        image = keras.Input(size, dtype="float32", name="image")
        read = image
        if spec.augmentation:
            read = ImageAugmentation(spec.augmentation, name="augmentation")(image)
        features = self.width * self.channels
        sequence = keras.layers.Reshape((self.height, features), name="rows")(read)
        mask = keras.ops.ones_like(sequence[:, :, 0], dtype="bool")
        return Connected({"image": image}, sequence, mask)
