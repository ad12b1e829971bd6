"""Small convolutional networks: for images and the frames of a sequence, and over steps."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import KerasTensor

SMALLEST_SIDE = 4
"""Pooling stops before the shorter side of the map is less, so that there is still a place."""

WINDOW = 5
"""Steps that a filter over steps sees at once."""


class Stages(keras.layers.Layer):
    """Convolutions with twice the filters from stage to stage, and the pooling between them.

    Args:
        filters: of the first stage.
        stages: how many.
    """

    convolution: type[Any]
    window: int
    pooling: type[Any]

    def __init__(self, filters: int, stages: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.filters = filters
        self.stages = stages
        self.convolutions = [
            self.convolution(
                filters * 2**stage,
                self.window,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                dtype=self.dtype_policy,
                name=f"convolution_{stage}",
            )
            for stage in range(stages)
        ]
        self.halve = self.pooling(padding="same", dtype=self.dtype_policy)

    def build_stages(self, shape: tuple[int | None, ...]) -> None:
        """Creates the weights; `build` of a layer must name what its own `call` takes."""
        for convolution in self.convolutions:
            convolution.build(tuple(shape))
            shape = (*shape[:-1], convolution.filters)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"filters": self.filters, "stages": self.stages}


@keras.saving.register_keras_serializable("unrolled")
class ConvolutionalNetwork(Stages):
    """Image -> a small map of features, each place of it seen through a growing window.

    Stages of a 3 x 3 convolution (padded, ReLU, weights as in He et al. 2015) and, but for the last
    stage, a 2 x 2 max-pooling; the filters double where the map halves (as in VGG, Simonyan &
    Zisserman 2015). There is no normalisation over the batch: an example never changes the answer
    to another.

    Args:
        filters: of the first stage.
        stages: how many; see `stages_for`.
    """

    convolution, window, pooling = keras.layers.Conv2D, 3, keras.layers.MaxPooling2D

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
        self.build_stages(images_shape)

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


@keras.saving.register_keras_serializable("unrolled")
class StepConvolution(Stages):
    """A long sequence of features -> a shorter one, each step of which has seen its neighbours.

    Stages of a convolution over the steps (padded, ReLU, weights as in He et al. 2015) and a
    max-pooling of two of them; the filters double from stage to stage. In front of a recurrence, as
    in DeepConvLSTM (Ordonez & Roggen 2016), it finds what is short and leaves it few steps to carry
    its state along. Padding changes nothing: it is zero before each convolution, as what lies
    beyond a sequence that is not padded, and no step behind a ReLU is less.

    Args:
        filters: of the first stage.
        stages: how many.
    """

    convolution, window, pooling = keras.layers.Conv1D, WINDOW, keras.layers.MaxPooling1D

    def build(self, sequence_shape: tuple[int | None, ...], *_: object) -> None:
        """Creates the weights for sequences `[batch, time, features]`."""
        self.build_stages(sequence_shape)

    def call(self, sequence: KerasTensor, mask: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Goes along the steps.

        Args:
            sequence: float `[batch, time, features]`, zero at padding.
            mask: bool `[batch, time]`, true where a step is real; padding is on the right.

        Returns:
            sequence: float `[batch, steps, filters * 2^(stages - 1)]`, of zero or more, zero at
                padding; `steps` is `time` halved upwards `stages` times.
            mask: bool `[batch, steps]`.
        """
        for convolution in self.convolutions:
            seen = convolution(sequence)
            real = keras.ops.where(mask[:, :, None], seen, keras.ops.zeros_like(seen))
            sequence, mask = self.halve(real), mask[:, ::2]
        return sequence, mask
