"""Progress of a training for people, and its logs for the tracker: two Keras callbacks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Display(keras.callbacks.Callback):
    """A bar on a terminal, and one line for each finished epoch anywhere.

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
            TextColumn("left in all"),
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
        """Notes the time."""
        self.started = time.perf_counter()
        self.tokens = 0
        self.loss = 0.0
        self.bar.update(self.task, epoch=epoch + 1, completed=epoch * self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Moves the bar."""
        logs = logs or {}
        self.tokens += int(logs["steps"])
        self.loss += (logs["loss"] - self.loss) / (batch + 1)
        self.rate = self.tokens / (time.perf_counter() - self.started)
        self.bar.update(self.task, advance=1, loss=self.loss, rate=self.rate)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Prints the epoch's line."""
        logs = logs or {}
        metrics = [name.removeprefix("val_") for name in logs if name.startswith("val_")]
        said = "  ".join(f"{m} {logs[m]:.4f}, validation {logs['val_' + m]:.4f}" for m in metrics)
        seconds = time.perf_counter() - self.started
        self.console.print(
            f"epoch {epoch + 1}/{self.epochs}  {said}  gradient norm {logs['gradient_norm']:.2f}"
            f" ({logs['clipped_share']:.0%} clipped)  {self.rate:,.0f} tokens/s  {seconds:.1f} s"
        )

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Takes the bar away."""
        self.bar.stop()


class Tracked(keras.callbacks.Callback):
    """Hands each epoch's logs on, at its end and not later, so that a kill loses none.

    Args:
        log: takes metrics and the epoch, counted from 1.
    """

    def __init__(self, log: Callable[[dict[str, Any], int], None]):
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Passes the logs under the names of the tracker: `train/...`, `validation/...`."""
        named = {
            f"validation/{name[4:]}" if name.startswith("val_") else f"train/{name}": value
            for name, value in (logs or {}).items()
        }
        self.log(named, epoch + 1)
