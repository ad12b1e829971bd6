"""Quantiles of what is to come as the answer: a forecast that says how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import keras
import tensorflow as tf
from keras import KerasTensor

from models.outputs import Answer, SingleOutputs
from models.outputs.missing import count_known, known_targets
from models.outputs.steps import mean_over_steps
from models.spec.settings import SpecError

MEDIAN = 0.5


@keras.saving.register_keras_serializable("unrolled")
class AscendingQuantiles(keras.layers.Layer):
    """Free numbers -> quantiles that cannot cross.

    One quantile, the anchor, is a number as it is. Upwards and downwards from it each next one lies
    farther by the softplus of its own number, which is never negative (quantiles as a sum of
    increments, as in Park et al. 2022).

    Args:
        anchor: index of the quantile that the others are counted from.
    """

    def __init__(self, anchor: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.anchor = anchor

    def call(self, numbers: KerasTensor) -> KerasTensor:
        """Float `[..., levels]` to the same, ascending along the last axis."""
        ops = keras.ops
        middle = numbers[..., self.anchor : self.anchor + 1]
        above = ops.softplus(numbers[..., self.anchor + 1 :])
        below = ops.softplus(numbers[..., : self.anchor])
        downwards = ops.flip(ops.cumsum(ops.flip(below, axis=-1), axis=-1), axis=-1)
        upwards = ops.cumsum(above, axis=-1)
        return ops.concatenate([middle - downwards, middle, middle + upwards], axis=-1)

    def compute_output_shape(self, numbers_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape stays."""
        return numbers_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"anchor": self.anchor}


@dataclass(frozen=True)
class Quantiles(SingleOutputs):
    """Quantiles of each of the next values as the answer; targets of about unit scale.

    A target that is NaN is missing and not scored.

    Attributes:
        levels: which quantiles, ascending, each between 0 and 1, such as (0.1, 0.5, 0.9).
        horizon: how many values ahead.
    """

    levels: tuple[float, ...]
    horizon: int = 1
    heads: ClassVar[tuple[str, ...]] = ("quantiles",)

    def __post_init__(self) -> None:
        """Refuses levels that are no levels.

        Raises:
            SpecError: there are none, or they do not ascend between 0 and 1.
        """
        bounded = (0.0, *self.levels, 1.0)
        ascending = all(a < b for a, b in pairwise(bounded))
        if not self.levels or not ascending:
            levels = ", ".join(map(str, self.levels)) or "none"
            raise SpecError(
                "levels", f"{levels}: they must ascend between 0 and 1, as 0.1, 0.5, 0.9"
            )

    def connect(self, vector: KerasTensor) -> dict[str, KerasTensor]:
        """`quantiles`, float32 `[batch, horizon, levels]`, of a vector `[batch, features]`.

        For each of the values ahead they ascend.
        """
        count = len(self.levels)
        numbers = keras.layers.Dense(self.horizon * count, dtype="float32", name="numbers")(vector)
        numbers = keras.layers.Reshape((self.horizon, count), dtype="float32")(numbers)
        # The steps to the others are most alike when counted from the middle.
        anchor = min(range(count), key=lambda index: abs(self.levels[index] - MEDIAN))
        quantiles = AscendingQuantiles(anchor, dtype="float32", name="quantiles")(numbers)
        return {"quantiles": quantiles}

    def size(self, targets: tf.Tensor) -> tf.Tensor:
        """How many targets `[batch, horizon]` of each example are known, float32 `[batch]`."""
        return count_known(targets)

    def loss(self, answer: Answer, targets: tf.Tensor) -> tf.Tensor:
        """Pinball loss of each example, its mean over the levels and the known targets.

        For the level a and the error u = target - quantile it is max(a u, (a - 1) u), least when a
        share a of the targets lies below the quantile (Koenker & Bassett 1978). It is 0 where no
        target is known.

        Args:
            answer: of the model, with `quantiles`, float32 `[batch, horizon, levels]`.
            targets: float32 `[batch, horizon]`, NaN where missing.

        Returns:
            float32 `[batch]`.
        """
        filled, known = known_targets(targets)
        # [batch, horizon, levels]
        errors = tf.subtract(tf.expand_dims(filled, -1), answer["quantiles"])
        below = [level - 1.0 for level in self.levels]
        losses = tf.maximum(tf.multiply(errors, self.levels), tf.multiply(errors, below))
        return mean_over_steps(tf.reduce_mean(losses, axis=-1), known)

    def metrics(self, answer: Answer, targets: tf.Tensor) -> dict[str, tf.Tensor]:
        """Means over the known targets, float32 `[batch]` each.

        Args:
            answer: of the model, with `quantiles`.
            targets: float32 `[batch, horizon]`, NaN where missing.

        Returns:
            `coverage`, where there are two levels or more: the share of the targets between the
            outermost quantiles, which should be the difference of their levels; and
            `absolute_error` of the median, where 0.5 is a level.
        """
        filled, known = known_targets(targets)
        quantiles = tf.unstack(answer["quantiles"], num=len(self.levels), axis=-1)
        metrics = {}
        if len(quantiles) > 1:
            inside = tf.logical_and(
                tf.less_equal(quantiles[0], filled), tf.less_equal(filled, quantiles[-1])
            )
            metrics["coverage"] = mean_over_steps(inside, known)
        if MEDIAN in self.levels:
            median = quantiles[self.levels.index(MEDIAN)]
            metrics["absolute_error"] = mean_over_steps(tf.abs(tf.subtract(filled, median)), known)
        return metrics
