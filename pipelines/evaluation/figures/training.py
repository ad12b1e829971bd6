"""The course of a training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipelines.evaluation.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    blank,
    headline,
    styled,
)
from pipelines.evaluation.metric import Metric

History = Sequence[dict[str, float]]


@styled
def learning_curve(history: History, monitor: Metric) -> Figure:
    """Loss, monitored metric, gradient norm and learning rate over the epochs.

    Args:
        history: for each epoch `loss`, `val_loss`, the metric and its `val_` form,
            `gradient_norm` (mean), `gradient_norm_max` and `learning_rate`; at least one epoch.
        monitor: the log that decides which epoch is best, with its prefix: `val_loss`.
    """
    watched = np.array([epoch[monitor.name] for epoch in history])
    # Both take the first of equals, as training does: an epoch is best when it beats all before.
    best = int(watched.argmin() if monitor.smaller_is_better else watched.argmax())
    name = monitor.name.removeprefix("val_")

    figure = blank(5.6)
    # Where the loss itself is monitored, its panel takes the whole row.
    axes = figure.subplot_mosaic([["loss", name], ["gradients", "rate"]], sharex=True)
    for shown in dict.fromkeys(("loss", name)):
        _train_and_validation(axes[shown], history, shown, best)
    _gradients(axes["gradients"], history)
    rates = [epoch["learning_rate"] for epoch in history]
    axes["rate"].plot(_epochs(history), rates, "o-", color=GREEN, ms=4)
    axes["rate"].set_title("learning rate at the end of the epoch")
    axes["rate"].set_ylim(bottom=0)
    for low in (axes["gradients"], axes["rate"]):
        low.set_xlabel("epoch")
        low.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        low.set_xlim(0.5, len(history) + 0.5)
    headline(
        figure,
        f"Epoch {best + 1} of {len(history)} is the best: validation {_words(name)} "
        f"{watched[best]:.4f}",
    )
    return figure


def _train_and_validation(axes: Axes, history: History, name: str, best: int) -> None:
    epochs = _epochs(history)
    validation = [epoch[f"val_{name}"] for epoch in history]
    axes.axvline(best + 1, color=GREY, linewidth=1, linestyle=":")
    axes.plot(epochs, [epoch[name] for epoch in history], "o-", color=BLUE, ms=4, label="training")
    axes.plot(epochs, validation, "s-", color=ORANGE, ms=4, label="validation")
    axes.plot(
        best + 1, validation[best], "o", ms=11, mfc="none", mec=INK, mew=1.5, label="best epoch"
    )
    axes.set_title(_words(name))
    axes.legend()


def _gradients(axes: Axes, history: History) -> None:
    epochs = _epochs(history)
    largest = [epoch["gradient_norm_max"] for epoch in history]
    axes.plot(epochs, largest, "^-", color=GREY, ms=4, label="largest")
    mean = [epoch["gradient_norm"] for epoch in history]
    axes.plot(epochs, mean, "o-", color=BLUE, ms=4, label="mean")
    axes.set_title("gradient norm before clipping")
    axes.set_ylim(bottom=0)
    axes.legend()


def _epochs(history: History) -> np.ndarray:
    return np.arange(1, len(history) + 1)


def _words(name: str) -> str:
    return name.replace("_", " ")
