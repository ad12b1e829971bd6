"""The model beside what needs no network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.figures.style import BLUE, GREY, INK, blank, headline, legible, styled

SHOWN = ("accuracy", "macro_f1", "roc_auc")


@styled
def comparison_with_baselines(
    metrics: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Bars with 95 % intervals: the model and its baselines, a panel for each metric.

    Args:
        metrics: of the model: `accuracy`, `macro_f1` and, where it is defined, `roc_auc`, each
            with `_low` and `_high`.
        baselines: the same for each baseline, by name; at least one.
    """
    everyone = {"this model": metrics, **baselines}
    panels = [name for name in SHOWN if name in metrics]
    figure = blank(1.5 + 0.5 * len(everyone))
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for panel, name in zip(axes, panels, strict=True):
        _panel(panel, name, everyone)
    axes[0].set_yticks(range(len(everyone)), [legible(name, 24) for name in everyone])
    axes[0].invert_yaxis()

    strongest = max(baselines, key=lambda name: baselines[name]["accuracy"])
    gap = round(100 * (metrics["accuracy"] - baselines[strongest]["accuracy"]), 1)
    how = f"{abs(gap):.1f} points {'above' if gap > 0 else 'below'}" if gap else "as good as"
    headline(
        figure,
        f"{100 * metrics['accuracy']:.1f} % accuracy: {how} the strongest baseline,"
        f" '{legible(strongest, 24)}'",
    )
    return figure


def _panel(axes: Axes, name: str, everyone: Mapping[str, Mapping[str, float]]) -> None:
    rows = np.arange(len(everyone))
    value, low, high = (
        np.array([one[f"{name}{end}"] for one in everyone.values()])
        for end in ("", "_low", "_high")
    )
    # A percentile interval need not contain the value itself: a bar's whisker is never negative.
    whiskers = np.maximum([value - low, high - value], 0)
    colours = [BLUE, *[GREY] * (len(everyone) - 1)]
    axes.barh(rows, value, color=colours, height=0.62)
    axes.errorbar(value, rows, xerr=whiskers, fmt="none", ecolor=INK, elinewidth=1.4, capsize=4)
    for row in rows:
        axes.text(max(value[row], high[row]) + 0.04, row, f"{value[row]:.3f}", va="center")
    axes.set_xlim(0, 1.3)
    axes.set_xticks([0, 0.5, 1])
    axes.set_title(name.replace("_", " ").replace("roc auc", "ROC AUC").replace("f1", "F1"))
    axes.grid(False, axis="y")
