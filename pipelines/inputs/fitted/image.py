"""Images of any size and colour mode as pixels of one size, in the graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.inputs.image import ImageInput
from models.inputs.rows import RowInput
from pipelines.config import Config
from pipelines.data.examples import Columns
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.image import Image

LARGEST = 255.0


class FittedImage(FittedInput):
    """Encodes the bytes of PNG and JPEG files.

    Args:
        height: that images are resized to, in pixels.
        width: likewise.
        channels: 1 for grey, 3 for colour.
        kind: `image`, or `rows`, where each row is a step.
    """

    column = "image"

    def __init__(self, height: int, width: int, channels: int, kind: str):
        super().__init__(name="image")
        self.size = (height, width, channels)
        self.unit = "rows" if kind == "rows" else "images"
        self.max_length = height if kind == "rows" else 1
        self.network = (RowInput if kind == "rows" else ImageInput)(*self.size)

    @classmethod
    def fit(cls, declared: Image, train: Columns, config: Config) -> FittedImage:
        """Nothing is learned: pixels are scaled to 0 to 1."""
        return cls(declared.height, declared.width, declared.channels, config.model.input)

    @classmethod
    def load(cls, declared: Image, folder: Path, config: Config) -> FittedImage:
        """As `fit`: nothing was learned."""
        return cls(declared.height, declared.width, declared.channels, config.model.input)

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """`image` -> `image`, float32 `[batch, height, width, channels]`, 0 to 1.

        Raises:
            tf.errors.InvalidArgumentError: the bytes are not an image.
        """
        spec = tf.TensorSpec(self.size, tf.float32)
        images = tf.map_fn(
            lambda content: pixels(content, *self.size), raw["image"], fn_output_signature=spec
        )
        return Encoded({"image": images})

    def measure(self, columns: Columns) -> Measured:
        """Rows of each image, all equal."""
        return Measured(np.full(len(columns["image"]), self.max_length, np.int64))


def pixels(content: tf.Tensor, height: int, width: int, channels: int) -> tf.Tensor:
    """The bytes of an image -> float32 `[height, width, channels]`, 0 to 1.

    The aspect ratio is kept; the rest is padded with black.
    """
    image = tf.io.decode_image(content, channels, expand_animations=False)
    image.set_shape([None, None, channels])
    resized = tf.image.resize_with_pad(tf.cast(image, tf.float32), height, width, antialias=True)
    return tf.clip_by_value(resized / LARGEST, 0.0, 1.0)
