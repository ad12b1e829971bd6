"""Sequences of images: a film, a spectrogram cut into pieces, a line of writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import tensorflow as tf
from keras import KerasTensor

from models.inputs import Connected
from models.inputs.lengths import real_steps
from models.layers.convolution import ConvolutionalNetwork
from models.spec import ModelSpec


@keras.saving.register_keras_serializable("unrolled")
class FrameFeatures(keras.layers.Layer):
    """Frames and lengths -> features of each real frame, and the mask.

    One convolutional network looks at every frame, and the mean over the last map describes it.
    Padding is not looked at: with 15 % of it a training step takes 0.81 to 0.94 times as long as
    with all frames as one large batch, and without any the same. (Keras's `TimeDistributed` goes
    along the wrong axis where both batch and time are open.)

    Args:
        filters: of the first convolution.
        stages: of the network.
    """

    def __init__(self, filters: int, stages: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.network = ConvolutionalNetwork(
            filters, stages, dtype=self.dtype_policy, name="network"
        )

    def build(self, frames_shape: tuple[int | None, ...], *_: object) -> None:
        """Creates the weights for frames `[batch, time, height, width, channels]`."""
        self.network.build((None, *tuple(frames_shape)[2:]))

    def call(self, frames: KerasTensor, lengths: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Looks at the real frames.

        Args:
            frames: float `[batch, time, height, width, channels]`.
            lengths: int32 `[batch]`.

        Returns:
            features: float `[batch, time, width of the network]`, zero at padding.
            mask: bool `[batch, time]`.
        """
        mask = real_steps(frames, lengths)
        at = tf.where(mask)  # [real, 2]
        real = tf.gather_nd(frames, at)  # [real, height, width, channels]
        # A blank frame more, since a convolution of no images fails.
        real = tf.pad(real, [[0, 1], [0, 0], [0, 0], [0, 0]])
        features = keras.ops.mean(self.network(real), axis=(1, 2))[:-1]  # [real, features]
        shape = tf.concat([tf.shape(frames, at.dtype)[:2], [self.network.width]], 0)
        return tf.scatter_nd(at, features, shape), mask

    def compute_output_spec(
        self, frames: KerasTensor, lengths: KerasTensor
    ) -> tuple[KerasTensor, KerasTensor]:
        """Shapes of `call`'s results."""
        steps = frames.shape[:2]
        features = KerasTensor((*steps, self.network.width), self.compute_dtype)
        return features, KerasTensor(steps, "bool")

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {"filters": self.network.filters, "stages": self.network.stages}
        return super().get_config() | own


@dataclass(frozen=True)
class FrameInput:
    """Sequences of images of one size.

    Attributes:
        height: of a frame, in pixels.
        width: likewise.
        channels: values of a pixel.
    """

    height: int
    width: int
    channels: int = 1
    kind: ClassVar[str] = "frames"

    def connect(self, spec: ModelSpec) -> Connected:
        """Describes each frame.

        Args:
            spec: gives the filters and the dropout.

        Returns:
            Of the inputs `frames`, float32 `[batch, time, height, width, channels]`, and `lengths`,
            int32 `[batch]`: the sequence `[batch, time, features]` and the mask of the first
            `lengths` steps.
        """
        size = (self.height, self.width, self.channels)
        frames = keras.Input((None, *size), dtype="float32", name="frames")
        lengths = keras.Input((), dtype="int32", name="lengths")
        stages = ConvolutionalNetwork.stages_for(self.height, self.width)
        sequence, mask = FrameFeatures(spec.filters, stages, name="frame_features")(frames, lengths)
        if spec.dropout:
            # The same features at every step of an example, as with embeddings.
            sequence = keras.layers.SpatialDropout1D(spec.dropout, name="frame_dropout")(sequence)
        return Connected({"frames": frames, "lengths": lengths}, sequence, mask)
