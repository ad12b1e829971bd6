"""How well each place of a text is predicted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import BLUE, ORANGE, blank, headline, legible, styled

POINTS = 40
"""Stretches of a text that a point stands for each."""

BEGINNING = 10
"""Characters at the beginning in a stretch of their own: there the past is shortest."""


@styled
def bits_over_positions(bits: Mapping[str, np.ndarray], sizes: np.ndarray) -> Figure:
    """Bits per character over the place in the text, for the model and a baseline.

    Who only sees a few characters back gains nothing from a longer past. What falls to the right
    is what a carried state is worth.

    Args:
        bits: name -> float `[n, longest]`, of each character of each text, the model first.
        sizes: int `[n]`, how many characters of each text are real.
    """
    longest = int(sizes.max())
    edges = np.unique(np.geomspace(1, longest, POINTS + 1).astype(int))
    edges = np.union1d([0, longest], edges[edges > BEGINNING])
    real = np.arange(longest) < sizes[:, None]
    count = np.add.reduceat(real.sum(axis=0), edges[:-1])
    middle = (edges[:-1] + edges[1:] + 1) / 2

    figure = blank(4.2)
    axes = figure.subplots()
    colours = (BLUE, ORANGE)
    means = {}
    for (name, values), colour in zip(bits.items(), colours, strict=False):
        total = np.where(real, values[:, :longest], 0.0).sum(axis=0)
        means[name] = np.add.reduceat(total, edges[:-1]) / count
        axes.plot(middle, means[name], "o-", ms=3, color=colour, label=legible(name, 24))
    axes.set_xscale("log")
    axes.set_xlabel("characters before, since the beginning of the passage")
    axes.set_ylabel("bits per character")
    axes.legend()
    main = next(iter(means.values()))
    headline(
        figure,
        f"{main[0]:.2f} bits for the first {edges[1]} characters of a passage,"
        f" {main[-1]:.2f} for the last {edges[-1] - edges[-2]}",
    )
    return figure
