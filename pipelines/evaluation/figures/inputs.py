"""Inputs that people look at rather than read: images, series of readings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import blank, headline, legible, styled

COLUMNS = 6
WIDE = 2
"""Columns of series, which need more room."""

TITLES = 120
"""Characters that fit into the titles of a row of panels."""


@styled
def images(pictures: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Images side by side.

    Args:
        pictures: float `[height, width, 1 or 3]` each, 0 to 1, at least one.
        titles: of each.
    """
    figure = _panels(titles, COLUMNS, height=1.5)
    for axes, picture in zip(figure.axes, pictures, strict=True):
        axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=1)
        axes.set_axis_off()
    return figure


@styled
def series(examples: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Features over the steps, one panel per example and one line per feature.

    Args:
        examples: float `[steps, features]` each, at least one.
        titles: of each.
    """
    figure = _panels(titles, WIDE, height=1.4)
    for axes, example in zip(figure.axes, examples, strict=True):
        axes.plot(example, linewidth=0.8)
        axes.set(xlim=(0, len(example)))
    return figure


def _panels(titles: Sequence[str], columns: int, height: float) -> Figure:
    """An empty panel for each title, in rows of a height in inches."""
    rows = math.ceil(len(titles) / columns)
    figure = blank(0.6 + height * rows)
    headline(figure, "The most confident mistakes")
    for place, title in enumerate(titles, 1):
        axes = figure.add_subplot(rows, columns, place)
        axes.set_title(legible(title, TITLES // columns), fontsize="small")
    return figure
