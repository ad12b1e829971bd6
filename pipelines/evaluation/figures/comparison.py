"""The model beside what needs no network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import BLUE, GREY, INK, blank, headline, legible, styled
from pipelines.evaluation.metric import Directions, Metric

FIRST = ("f1", "accuracy", "macro_f1", "roc_auc")
"""These come first where they are; the first panel is the one of the headline."""

MOST_PANELS = 4
ENDS = ("_low", "_high")


@styled
def comparison_with_baselines(
    metrics: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    directions: Directions,
) -> Figure:
    """Bars, with 95 % intervals where there are some: a panel for each metric.

    Args:
        metrics: of the model; an interval is in `_low` and `_high` behind a metric's name.
        baselines: the same for each baseline, by name; at least one. Shown are a few metrics that
            all have.
        directions: which way each of these is better.
    """
    everyone = {"this model": metrics, **baselines}
    panels = [directions.metric(name) for name in _common_metrics(everyone)]
    figure = blank(1.5 + 0.5 * len(everyone))
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for panel, metric in zip(axes, panels, strict=True):
        _panel(panel, metric, everyone)
    axes[0].set_yticks(range(len(everyone)), [legible(name, 24) for name in everyone])
    axes[0].invert_yaxis()
    headline(figure, _verdict(panels[0], metrics, baselines))
    return figure


def _verdict(
    metric: Metric, metrics: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]]
) -> str:
    """The model's value beside that of the strongest baseline."""
    name = metric.name
    best = min if metric.smaller_is_better else max
    strongest = best(baselines, key=lambda baseline: baselines[baseline][name])
    value, rival = metrics[name], baselines[strongest][name]
    share = max(abs(value), abs(rival)) <= 1 and not name.endswith(("loss", "perplexity"))
    gap = round(100 * (value - rival), 1) if share else round(value - rival, 2)
    size = f"{abs(gap):.1f} points" if share else f"{abs(gap):.2f}"
    comparison = f"{size} {'above' if gap > 0 else 'below'}" if gap else "as good as"
    written = f"{100 * value:.1f} %" if share else f"{value:.2f}"
    return (
        f"{written} {_called(name)}: {comparison} the strongest baseline,"
        f" '{legible(strongest, 24)}'"
    )


def _common_metrics(everyone: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Metrics that the model and all baselines have, those of `FIRST` first."""
    common = [
        name
        for name in next(iter(everyone.values()))
        if not name.endswith(ENDS) and all(name in one for one in everyone.values())
    ]
    first = [name for name in FIRST if name in common]
    return (first or common)[:MOST_PANELS]


def _panel(axes: Axes, metric: Metric, everyone: Mapping[str, Mapping[str, float]]) -> None:
    name = metric.name
    rows = np.arange(len(everyone))
    value, low, high = (
        np.array([one.get(f"{name}{end}", one[name]) for one in everyone.values()])
        for end in ("", *ENDS)
    )
    # A percentile interval need not contain the value itself: a bar's whisker is never negative.
    whiskers = np.maximum([value - low, high - value], 0)
    colours = [BLUE, *[GREY] * (len(everyone) - 1)]
    axes.barh(rows, value, color=colours, height=0.62)
    if whiskers.any():
        axes.errorbar(value, rows, xerr=whiskers, fmt="none", ecolor=INK, elinewidth=1.4, capsize=4)
    most = float(np.max(np.maximum(value, high)))
    right = 1.0 if most <= 1 else most
    for row in rows:
        at = max(value[row], high[row]) + 0.04 * right
        axes.text(at, row, f"{value[row]:.3f}", va="center")
    axes.set_xlim(0, 1.35 * right)
    axes.set_xticks([0, right / 2, right] if right == 1 else [0, round(right)])
    axes.set_title(_called(name) + (" (less is better)" if metric.smaller_is_better else ""))
    axes.grid(False, axis="y")


def _called(metric: str) -> str:
    return metric.replace("_", " ").replace("roc auc", "ROC AUC").replace("f1", "F1")
