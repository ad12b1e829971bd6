"""The training loop.

Unlike Keras's `fit` it supports the gradient norm, the carried state of truncated BPTT, bitwise
identical resuming, and several workers (keras#20585). Keras callbacks that read `logs` or
`self.model`, or set `model.stop_training`, work with it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from models.outputs import Outputs
from models.outputs.steps import StepOutputs
from models.streaming import Streaming
from pipelines.config import TrainingSettings
from pipelines.data.batching import Batches
from pipelines.evaluation.metric import Metric
from pipelines.runtime.errors import UserError
from pipelines.training import checkpoint
from pipelines.training.interrupt import Interrupt
from pipelines.training.optimizers import optimizer
from pipelines.training.step import Step
from pipelines.training.windowed import WindowedStep

EXPLODED = 50.0
"""A loss that exceeds the first one by this factor counts as diverged."""


class Diverged(UserError):
    """The loss is not finite, or has exploded."""


@dataclass
class Progress:
    """The progress of a training, as saved in checkpoints.

    Attributes:
        epoch: number of complete epochs.
        best_epoch: the best epoch, counted from 1; 0 before the first.
        best: its value of the monitored metric.
        first_loss: loss of the first step.
        history: logs of each epoch; reproducible with the same seed.
        seconds: of training steps and validation.
        steps: number of real steps (tokens).
    """

    epoch: int = 0
    best_epoch: int = 0
    best: float = math.nan
    first_loss: float = math.nan
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    steps: int = 0


@dataclass(frozen=True)
class Result:
    """The result of a training, beside the best weights in the model.

    Attributes:
        progress: at the end.
        ended: `finished`, `early` (no better validation metric for a while) or `interrupted`.
    """

    progress: Progress
    ended: str


class Loop:
    """Trains a model, with early stopping.

    Args:
        model: with random weights.
        outputs: of the network, with loss and metrics.
        train: the training split.
        validation: the split that determines the best epoch.
        settings: of the training.
        monitor: the log that determines it, with its prefix: `val_loss`.
        folder: for the checkpoint.
        callbacks: ordinary Keras callbacks.
        network: the model with its state outside; for truncated back-propagation.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: Outputs,
        train: Batches,
        validation: Batches,
        settings: TrainingSettings,
        monitor: Metric,
        folder: Path,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        network: Streaming | None = None,
    ):
        self.model = model
        self.train = train
        self.validation = validation
        self.settings = settings
        self.monitor = monitor
        self.folder = folder
        self.optimizer = optimizer(settings, settings.epochs * train.updates(settings.truncate))
        self.optimizer.build(model.trainable_variables)
        self.step = self._step(outputs, network)
        model.compile(optimizer=self.optimizer)  # so that callbacks find the optimizer
        # Keras's callback swaps the averaged weights in for the validation.
        averaging = [keras.callbacks.SwapEMAWeights()] if settings.ema else []
        self.callbacks = keras.callbacks.CallbackList([*averaging, *callbacks], model=model)
        self.progress = Progress()
        self.best_weights = model.get_weights()

    def run(self) -> Result:
        """Trains from the checkpoint, if there is one, and leaves the best weights in the model.

        Raises:
            Diverged: with advice.
        """
        self._restore()
        self.model.stop_training = False
        ended = ""
        with Interrupt() as interrupt:
            self.callbacks.on_train_begin()
            try:
                # Checked before an epoch, because a resumed training may already be complete.
                while not (ended := self._ended()):
                    if not self._epoch(interrupt) or interrupt.requested:
                        ended = "interrupted"
                        break
            finally:  # removes the progress bar after a failure too
                self.callbacks.on_train_end()
        if self.progress.best_epoch:
            self.model.set_weights(self.best_weights)
        return Result(self.progress, ended)

    def _step(self, outputs: Outputs, network: Streaming | None) -> Step:
        settings = self.settings
        model, adam, clip = self.model, self.optimizer, settings.clip_norm
        if not settings.truncate:
            return Step(model, outputs, adam, clip)
        assert network and isinstance(outputs, StepOutputs)
        return WindowedStep(model, outputs, adam, clip, network, settings.truncate)

    def _ended(self) -> str:
        progress, settings = self.progress, self.settings
        if progress.epoch >= settings.epochs:
            return "finished"
        impatient = progress.epoch - progress.best_epoch >= settings.patience
        return "early" if impatient or self.model.stop_training else ""

    def _restore(self) -> None:
        saved = checkpoint.read(self.folder, self.model, self.optimizer)
        if saved:
            self.best_weights, progress = saved
            self.progress = Progress(**progress)

    def _save(self) -> None:
        checkpoint.write(
            self.folder, self.model, self.optimizer, self.best_weights, vars(self.progress)
        )

    def _epoch(self, interrupt: Interrupt) -> bool:
        """Trains one epoch; returns whether it was completed."""
        number = self.progress.epoch
        started = time.perf_counter()
        self.callbacks.on_epoch_begin(number)
        sums: dict[str, float] = {}
        norms: list[float] = []
        weights = 0.0
        steps = 0
        for index, batch in enumerate(self.train.epoch(self.settings.seed, number)):
            self.callbacks.on_train_batch_begin(index)
            logs = self.step.train(batch)
            self._check(logs, number, index)
            norms.append(logs["gradient_norm"])
            weight = logs.pop("weight")
            for name, value in logs.items():
                sums[name] = sums.get(name, 0.0) + value * weight
            weights += weight
            steps += batch.steps
            self.callbacks.on_train_batch_end(index, logs | {"steps": batch.steps})
            if interrupt.requested:
                return False
        logs = {name: value / weights for name, value in sums.items()}
        logs |= self._gradient_logs(norms)
        self.callbacks.on_test_begin()
        measured = self.step.measure(self.validation.once())
        logs |= {f"val_{name}": value for name, value in measured.items()}
        measured_weights = self.model.get_weights()  # averaged or not
        self.callbacks.on_test_end(logs)
        self._finish(logs, measured_weights, steps, time.perf_counter() - started)
        return True

    def _gradient_logs(self, norms: list[float]) -> dict[str, float]:
        clip = self.settings.clip_norm
        return {
            "gradient_norm": float(np.mean(norms)),
            "gradient_norm_max": float(np.max(norms)),
            "clipped_share": float(np.mean([norm > clip for norm in norms])) if clip else 0.0,
            "learning_rate": float(self.optimizer.learning_rate),
        }

    def _finish(
        self, logs: dict[str, float], weights: list[np.ndarray], steps: int, seconds: float
    ) -> None:
        """Updates the progress, the best weights and the checkpoint."""
        progress = self.progress
        progress.epoch += 1
        progress.history.append(logs)
        progress.seconds += seconds
        progress.steps += steps
        value = logs[self.monitor.name]
        first = math.isnan(progress.best) and not math.isnan(value)
        if first or self.monitor.is_better(value, progress.best):
            progress.best, progress.best_epoch = value, progress.epoch
            self.best_weights = weights
        # Callbacks first, because the checkpoint contains their changes, such as a learning rate.
        self.callbacks.on_epoch_end(progress.epoch - 1, dict(logs))
        self._save()

    def _check(self, logs: dict[str, float], epoch: int, index: int) -> None:
        loss, norm = logs["loss"], logs["gradient_norm"]
        if math.isnan(self.progress.first_loss):
            self.progress.first_loss = loss
        limit = EXPLODED * max(1.0, self.progress.first_loss)
        if math.isfinite(loss) and math.isfinite(norm) and loss < limit:
            return
        settings = self.settings
        advice = f"lower learning_rate (now {settings.learning_rate:g})"
        if settings.clip_norm:
            advice += f" or clip_norm (now {settings.clip_norm:g})"
        else:
            advice += " or turn clipping on (clip_norm=1)"
        raise Diverged(
            f"training diverged at step {index + 1} of epoch {epoch + 1}: loss {loss:.4g},"
            f" gradient norm {norm:.4g}, first loss {self.progress.first_loss:.4g}. Try:"
            f" {advice}."
        )
