"""The learning rate over the steps of a training."""

from __future__ import annotations

import math

import keras


@keras.saving.register_keras_serializable("unrolled")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to the peak, then constant, or cosine or linear decay to 0.

    Args:
        shape: `constant`, `cosine` (Loshchilov & Hutter 2017, without restarts) or `linear`.
        peak: the largest learning rate.
        steps: of the whole training.
        warmup: share of the steps before the peak.
    """

    def __init__(self, shape: str, peak: float, steps: int, warmup: float):
        super().__init__()
        self.shape = shape
        self.peak = peak
        self.steps = steps
        self.warmup = warmup

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        """The learning rate of a step, float32, counted from 0."""
        ops = keras.ops
        step = ops.cast(step, "float32")
        rising = max(1.0, self.warmup * self.steps)
        falling = max(1.0, self.steps - self.warmup * self.steps)
        left = 1.0 - ops.clip((step - self.warmup * self.steps) / falling, 0.0, 1.0)
        if self.shape == "cosine":
            factor = 0.5 * (1.0 - ops.cos(math.pi * left))
        else:
            factor = left if self.shape == "linear" else ops.ones_like(left)
        ramp = ops.minimum((step + 1.0) / rising, 1.0) if self.warmup else 1.0
        return self.peak * factor * ramp

    def get_config(self) -> dict[str, object]:
        """The arguments, for saving."""
        return {"shape": self.shape, "peak": self.peak, "steps": self.steps, "warmup": self.warmup}
