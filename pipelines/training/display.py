"""Two Keras callbacks: a progress display, and logging to the tracker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Display(keras.callbacks.Callback):
    """A progress bar on a terminal, and one line per epoch everywhere.

    Args:
        epochs: of the whole training.
        steps: of an epoch.
    """

    def __init__(self, epochs: int, steps: int):
        super().__init__()
        self.epochs = epochs
        self.steps = steps
        self.console = Console(highlight=False, soft_wrap=True)
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
            BarColumn(30),
            TextColumn("loss {task.fields[loss]:.3f}  {task.fields[rate]:,.0f} tokens/s"),
            TimeRemainingColumn(),
            TextColumn("remaining"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Shows the bar."""
        self.task = self.bar.add_task(
            "", total=self.epochs * self.steps, epoch=1, loss=0.0, rate=0.0
        )
        self.bar.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Resets the counters."""
        self.started = time.perf_counter()
        self.tokens = 0
        self.loss = 0.0
        self.bar.update(self.task, epoch=epoch + 1, completed=epoch * self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Advances the bar."""
        logs = logs or {}
        self.tokens += int(logs["steps"])
        self.loss += (logs["loss"] - self.loss) / (batch + 1)
        self.rate = self.tokens / (time.perf_counter() - self.started)
        self.bar.update(self.task, advance=1, loss=self.loss, rate=self.rate)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Prints the epoch's line."""
        logs = logs or {}
        names = [name.removeprefix("val_") for name in logs if name.startswith("val_")]
        metrics = "  ".join(f"{n} {logs[n]:.4f}, validation {logs['val_' + n]:.4f}" for n in names)
        seconds = time.perf_counter() - self.started
        self.console.print(
            f"epoch {epoch + 1}/{self.epochs}  {metrics}  gradient norm {logs['gradient_norm']:.2f}"
            f" ({logs['clipped_share']:.0%} clipped)  {self.rate:,.0f} tokens/s  {seconds:.1f} s"
        )

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Removes the bar."""
        self.bar.stop()


class Tracked(keras.callbacks.Callback):
    """Logs each epoch as soon as it ends, so that none is lost if the process is killed.

    Args:
        log: takes metrics and the epoch, counted from 1.
    """

    def __init__(self, log: Callable[[dict[str, Any], int], None]):
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Logs metrics with the names of the tracker: `train/...`, `validation/...`."""
        named = {
            f"validation/{name[4:]}" if name.startswith("val_") else f"train/{name}": value
            for name, value in (logs or {}).items()
        }
        self.log(named, epoch + 1)
