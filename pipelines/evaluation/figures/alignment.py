"""Where the decoder looked for each token that it wrote: the matrix of attention."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import WIDTH, blank, headline, legible, styled

Alignment = tuple[Sequence[str], Sequence[str], np.ndarray]
"""Tokens read, tokens written, and weights `[written, read]`."""

COLUMNS = 2
LONGEST_TOKEN = 14
MOST = 40
"""Tokens shown on each side."""


@styled
def alignments(examples: Sequence[Alignment]) -> Figure:
    """A heat map for each example: a row for each written token, a column for each one read.

    Bahdanau et al. 2015, figure 3.

    Args:
        examples: at least one.
    """
    rows = math.ceil(len(examples) / COLUMNS)
    tallest = max(min(len(written), MOST) for _, written, _ in examples)
    figure = blank(0.7 + rows * (1.1 + 0.17 * max(tallest, 8)), WIDTH)
    headline(figure, "Where the decoder looked for each token that it wrote")
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes in grid.ravel()[len(examples) :]:
        axes.axis("off")
    for axes, (read, written, weights) in zip(grid.ravel(), examples, strict=False):
        axes.grid(False)
        shown = np.asarray(weights, np.float64)[:MOST, :MOST]
        axes.imshow(shown, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        read_names = [legible(token, LONGEST_TOKEN) for token in read[:MOST]]
        upright = max(map(len, [*read_names, ""])) <= 2
        axes.set_xticks(
            range(len(read_names)),
            read_names,
            rotation=0 if upright else 60,
            ha="center" if upright else "right",
        )
        written_names = [legible(token, LONGEST_TOKEN) for token in written[:MOST]]
        axes.set_yticks(range(len(written_names)), written_names)
        axes.tick_params(labelsize=8)
    return figure
