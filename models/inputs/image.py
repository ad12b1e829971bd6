"""One image, seen as a whole and in regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras

from models.inputs import Single
from models.inputs.augmentation import ImageAugmentation
from models.layers.convolution import ConvolutionalNetwork
from models.spec import ModelSpec


@dataclass(frozen=True)
class ImageInput:
    """Images of one size.

    Attributes:
        height: in pixels.
        width: likewise.
        channels: values of a pixel.
    """

    height: int
    width: int
    channels: int = 1
    kind: ClassVar[str] = "image"

    def connect_single(self, spec: ModelSpec) -> Single:
        """Looks at the image.

        Args:
            spec: gives the filters of the convolutional network, and the augmentation.

        Returns:
            Of the input `image`, float32 `[batch, height, width, channels]`: the regions `[batch,
            rows * columns, features]` are the places of the network's last map, row by row; the
            vector `[batch, features]` is their mean (Lin et al. 2014, section 3.2).
        """
        size = (self.height, self.width, self.channels)
        image = keras.Input(size, dtype="float32", name="image")
        looked_at = image
        if spec.augmentation:
            looked_at = ImageAugmentation(spec.augmentation, name="augmentation")(image)
        stages = ConvolutionalNetwork.stages_for(self.height, self.width)
        seen = ConvolutionalNetwork(spec.filters, stages, name="convolution")(looked_at)
        regions = keras.layers.Reshape((-1, seen.shape[-1]), name="regions")(seen)
        vector = keras.layers.GlobalAveragePooling1D(name="whole")(regions)
        return Single({"image": image}, vector, regions)
