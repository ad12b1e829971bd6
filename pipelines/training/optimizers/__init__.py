"""The optimizer of a run, with its learning rate over the steps."""

from __future__ import annotations

import keras

from pipelines.config import TrainingSettings
from pipelines.training.optimizers.fused_adam import FusedAdam, FusedAdamW
from pipelines.training.optimizers.lazy_adam import LazyAdam
from pipelines.training.optimizers.schedule import Schedule


def optimizer(settings: TrainingSettings, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer of a run. `Step` clips gradients, because it also reports their norm.

    Args:
        settings: of the training.
        steps: of the whole training.
    """
    rate: float | Schedule = settings.learning_rate
    if settings.schedule != "constant" or settings.warmup:
        rate = Schedule(settings.schedule, settings.learning_rate, steps, settings.warmup)
    average = {"use_ema": True, "ema_momentum": settings.ema} if settings.ema else {}
    if settings.optimizer == "adamw":
        decay = settings.weight_decay
        return FusedAdamW(rate, weight_decay=decay, name="adamw", **average)
    kind = LazyAdam if settings.embedding_update == "rows" else FusedAdam
    return kind(rate, name="adam", **average)
