"""Sequences of float features: audio, sensors, series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import KerasTensor

from models.inputs import Connected
from models.inputs.augmentation import FeatureAugmentation
from models.inputs.lengths import real_steps
from models.layers.convolution import StepConvolution
from models.spec import ModelSpec


@keras.saving.register_keras_serializable("unrolled")
class RealFeatures(keras.layers.Layer):
    """Padded features and lengths -> what is real of them, and the mask.

    Padding becomes zero whatever it held: not even a NaN gets into an answer or a gradient.

    Args:
        missing: whether a NaN at a real step means that the value is known to be missing. It
            becomes zero, and each feature gets a second one beside it, which is 1 where the value
            is missing (zero-filling with indicators, Lipton et al. 2016).
    """

    def __init__(self, missing: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.missing = missing

    def call(self, features: KerasTensor, lengths: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Cleans.

        Args:
            features: float `[batch, time, width]`.
            lengths: int32 `[batch]`.

        Returns:
            sequence: float `[batch, time, width]`, with indicators `[batch, time, 2 * width]`.
            mask: bool `[batch, time]`.
        """
        ops = keras.ops
        mask = real_steps(features, lengths)
        real = mask[:, :, None]  # [batch, time, 1]
        if not self.missing:
            return ops.where(real, features, ops.zeros_like(features)), mask
        gone = ops.logical_and(real, ops.isnan(features))
        known = ops.logical_and(real, ops.logical_not(gone))
        filled = ops.where(known, features, ops.zeros_like(features))
        return ops.concatenate([filled, ops.cast(gone, filled.dtype)], axis=-1), mask

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"missing": self.missing}


@dataclass(frozen=True)
class FeatureInput:
    """Sequences of float features, of about unit scale.

    Attributes:
        width: features of a step.
        missing: whether a NaN is a value known to be missing. Without it a NaN at a real step is a
            fault of the data, and the answer to that example is NaN as well.
        vectors: whether the features are vectors in space, three by three and in the same axes, as
            acceleration and angular velocity are: augmentation turns these.

    Raises:
        ValueError: such vectors, and a width that is no multiple of three.
    """

    width: int
    missing: bool = False
    vectors: bool = False
    kind: ClassVar[str] = "features"

    def __post_init__(self) -> None:
        if self.vectors and self.width % 3:
            raise ValueError(f"{self.width} features are no vectors of three")

    def connect(self, spec: ModelSpec) -> Connected:
        """Leads the features on, without padding.

        Args:
            spec: gives the augmentation, and the convolutions with their filters and dropout.

        Returns:
            Of the inputs `features`, float32 `[batch, time, width]`, and `lengths`, int32
            `[batch]`: the sequence, `[batch, time, width]`, or twice as wide with indicators of
            missing values, and the mask of the first `lengths` steps. Convolutions make the
            sequence as wide as their filters, and halve its time and that of the mask.
        """
        features = keras.Input((None, self.width), dtype="float32", name="features")
        lengths = keras.Input((), dtype="int32", name="lengths")
        read = features
        if spec.augmentation:
            read = FeatureAugmentation(
                spec.augmentation, vectors=self.vectors, name="augmentation"
            )(features)
        sequence, mask = RealFeatures(self.missing, name="real_features")(read, lengths)
        if spec.convolution:
            front = StepConvolution(spec.filters, spec.convolution, name="convolution")
            sequence, mask = front(sequence, mask)
            if spec.dropout:
                # The same features at every step of an example, as with embeddings.
                drop = keras.layers.SpatialDropout1D(spec.dropout, name="convolution_dropout")
                sequence = drop(sequence)
        return Connected({"features": features, "lengths": lengths}, sequence, mask)
