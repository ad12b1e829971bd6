"""A small convolutional network for images, and for the frames of a sequence."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import KerasTensor

SMALLEST_SIDE = 4
"""Pooling stops before the shorter side of the map is less, so that there is still a place."""


@keras.saving.register_keras_serializable("unrolled")
class ConvolutionalNetwork(keras.layers.Layer):
    """Image -> a small map of features, each place of it seen through a growing window.

    Stages of a 3 x 3 convolution (padded, ReLU, weights as in He et al. 2015) and, but for the last
    stage, a 2 x 2 max-pooling; the filters double where the map halves (as in VGG, Simonyan &
    Zisserman 2015). There is no normalisation over the batch: an example never changes the answer
    to another.

    Args:
        filters: of the first stage.
        stages: how many; see `stages_for`.
    """

    def __init__(self, filters: int, stages: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.filters = filters
        self.stages = stages
        self.convolutions = [
            keras.layers.Conv2D(
                filters * 2**stage,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                dtype=self.dtype_policy,
                name=f"convolution_{stage}",
            )
            for stage in range(stages)
        ]
        self.halve = keras.layers.MaxPooling2D(padding="same", dtype=self.dtype_policy)

    @staticmethod
    def stages_for(height: int, width: int) -> int:
        """Stages enough that the shorter side of the last map is 4 to 7 (of tiny images, less).

        Args:
            height: of the image, in pixels.
            width: likewise.
        """
        return 1 + max(1, int(math.log2(max(1.0, min(height, width) / SMALLEST_SIDE))))

    @property
    def width(self) -> int:
        """Features of each place of the last map."""
        return self.filters * 2 ** (self.stages - 1)

    def build(self, images_shape: tuple[int | None, ...]) -> None:
        """Creates the weights for images `[batch, height, width, channels]`."""
        shape = tuple(images_shape)
        for convolution in self.convolutions:
            convolution.build(shape)
            shape = (*shape[:3], convolution.filters)

    def call(self, images: KerasTensor) -> KerasTensor:
        """Looks.

        Args:
            images: float `[batch, height, width, channels]`, of values about 1 or less.

        Returns:
            float `[batch, rows, columns, width]`, of zero or more.
        """
        for convolution in self.convolutions[:-1]:
            images = self.halve(convolution(images))
        return self.convolutions[-1](images)

    def compute_output_shape(self, images_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the map."""
        batch, *sides = tuple(images_shape)[:3]
        halvings = 2 ** (self.stages - 1)
        # A side is halved upwards each time, which is the same as once by all.
        rows, columns = (None if side is None else -(-side // halvings) for side in sides)
        return batch, rows, columns, self.width

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"filters": self.filters, "stages": self.stages}
