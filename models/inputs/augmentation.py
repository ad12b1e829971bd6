"""Random changes to what is read that leave its meaning alone; in training only."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor

SHIFT = 0.1
"""Of the height and width of an image, at strength 1, at most."""
TURN = 0.25
"""Angle in radians, likewise."""
ZOOM = 0.15
"""Logarithm of the factor of a size, likewise."""

GAIN = 0.15
"""Logarithm of the factor of a feature, at strength 1, as a standard deviation."""
OFFSET = 0.2
"""Added to all steps of a feature, likewise."""
NOISE = 0.1
"""Added to each value, likewise."""
ROTATION = 0.3
"""Angle about each axis of space, in radians, likewise."""
TINY = 1e-12
"""Keeps an angle of nothing from dividing by itself."""


class Augmentation(keras.layers.Layer):
    """What the layers of this file have in common.

    Args:
        strength: factor of all changes.
        seed: of the draws; from Keras's global seed where it is None.
    """

    def __init__(self, strength: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.strength = strength
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, values: KerasTensor, training: bool = False) -> KerasTensor:
        """Float `[batch, ...]` to the same shape; outside of training to itself."""
        return self.changed(values) if training else values

    def changed(self, values: KerasTensor) -> KerasTensor:
        """Another version of the same, with draws of its own for each example."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"strength": self.strength, "seed": self.seed}


@keras.saving.register_keras_serializable("unrolled")
class ImageAugmentation(Augmentation):
    """Images, float `[batch, height, width, channels]`, each shifted, turned and zoomed a little.

    So a network sees what differs from writer to writer, or from photograph to photograph, and not
    what an image is of (affine distortions, Simard et al. 2003, section 2). All by one bilinear
    transform; what comes in from beyond an edge is as the edge.
    """

    def changed(self, values: KerasTensor) -> KerasTensor:
        """Draws uniformly, in both directions."""
        ops = keras.ops
        batch, height, width = (ops.shape(values)[axis] for axis in range(3))
        drawn = keras.random.uniform((4, batch), -self.strength, self.strength, seed=self.generator)
        width, height = ops.cast(width, drawn.dtype), ops.cast(height, drawn.dtype)
        right, down = SHIFT * width * drawn[0], SHIFT * height * drawn[1]
        scale, angle = ops.exp(ZOOM * drawn[2]), TURN * drawn[3]
        cosine, sine = scale * ops.cos(angle), scale * ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        nothing = ops.zeros_like(angle)
        # Where each pixel comes from, seen from the middle (x, y).
        across = [cosine, -sine, x - cosine * x + sine * y + right]
        along = [sine, cosine, y - sine * x - cosine * y + down]
        rows = ops.stack([*across, *along, nothing, nothing], axis=1)  # [batch, 8]
        return ops.image.affine_transform(
            values, rows, fill_mode="nearest", data_format="channels_last"
        )


@keras.saving.register_keras_serializable("unrolled")
class FeatureAugmentation(Augmentation):
    """Sequences of features of about unit scale, float `[batch, time, width]`, read as by others.

    Each feature of an example is multiplied by a factor and moved by an offset, as another sensor
    or another person would have it, and each value gets some noise (Um et al. 2017, section 3).
    Vectors are not moved but turned, all those of an example alike, as a sensor that is worn
    another way. A NaN stays one, and of a vector that is turned with it all is one.

    Args:
        strength: factor of all changes.
        seed: of the draws; from Keras's global seed where it is None.
        vectors: whether the features are vectors in space, three by three.
    """

    def __init__(
        self, strength: float, seed: int | None = None, vectors: bool = False, **kwargs: Any
    ):
        super().__init__(strength, seed, **kwargs)
        self.vectors = vectors

    def changed(self, values: KerasTensor) -> KerasTensor:
        """Draws from normal distributions; the factor's is that of its logarithm."""
        ops = keras.ops
        batch, time, width = ops.shape(values)
        alike = 3 if self.vectors else 1  # features with one factor
        gain = ops.repeat(self._drawn((batch, 1, width // alike), GAIN), alike, axis=2)
        changed = values * ops.cast(ops.exp(gain), values.dtype)
        if self.vectors:
            changed = ops.reshape(changed, (batch, time * (width // 3), 3))
            turned = ops.matmul(changed, ops.cast(self._rotations(batch), values.dtype))
            changed = ops.reshape(turned, (batch, time, width))
        else:
            changed += ops.cast(self._drawn((batch, 1, width), OFFSET), values.dtype)
        return changed + ops.cast(self._drawn((batch, time, width), NOISE), values.dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"vectors": self.vectors}

    def _drawn(self, shape: tuple[Any, ...], deviation: float) -> KerasTensor:
        return keras.random.normal(
            shape, stddev=deviation * self.strength, dtype="float32", seed=self.generator
        )

    def _rotations(self, batch: Any) -> KerasTensor:
        """Rotations of space, float32 `[batch, 3, 3]`, by the formula of Rodrigues."""
        ops = keras.ops
        turns = self._drawn((batch, 3), ROTATION)  # axis times angle
        angle = ops.sqrt(ops.sum(ops.square(turns), axis=1, keepdims=True) + TINY)
        x, y, z = ops.split(turns / angle, 3, axis=1)  # [batch, 1] each
        nothing = ops.zeros_like(x)
        cross = [nothing, -z, y, z, nothing, -x, -y, x, nothing]
        skew = ops.reshape(ops.concatenate(cross, axis=1), (batch, 3, 3))
        sine, cosine = ops.sin(angle)[:, :, None], ops.cos(angle)[:, :, None]
        return ops.eye(3) + sine * skew + (1 - cosine) * ops.matmul(skew, skew)
