"""How long the training texts are, and which lengths batches are padded to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipelines.data.buckets import padding_share
from pipelines.evaluation.figures.style import BLUE, GREY, ORANGE, RED, blank, headline, styled

MOST_BARS = 60


@styled
def length_histogram(lengths: np.ndarray, edges: Sequence[int], max_length: int) -> Figure:
    """A histogram of lengths with the bucket edges and what is cut off.

    Args:
        lengths: in tokens, int [N], N > 0.
        edges: of the buckets, in increasing order.
        max_length: tokens kept of a text.
    """
    longest = int(lengths.max())
    # The tail of a few very long texts would squeeze all others: the last bar holds it.
    shown = min(longest, max(int(1.5 * max_length), int(np.quantile(lengths, 0.95))))
    step = -(-(shown + 1) // MOST_BARS)  # rounded up
    bars = np.bincount(np.minimum(lengths, shown) // step)
    left = np.arange(len(bars)) * step
    cut = left > max_length

    figure = blank(4.2)
    axes = figure.subplots()
    # Lines lie half a token to the right, so that a length is left of the edge that holds it.
    colours = np.where(cut, ORANGE, BLUE)
    axes.bar(left - 0.5, bars, width=0.92 * step, align="edge", color=colours)
    for i, edge in enumerate(edges):
        label = f"bucket edges: {', '.join(map(str, edges))}" if i == 0 else None
        axes.axvline(edge + 0.5, color=GREY, linewidth=1, linestyle="--", label=label)
    truncated = float((lengths > max_length).mean())
    if truncated:
        axes.axvline(max_length + 0.5, color=RED, label=f"cut at {max_length}")
    axes.set_xlabel(f"tokens of a training text{', the last bar: or more' * (longest > shown)}")
    axes.set_ylabel("texts")
    axes.set_xlim(left=-0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.grid(False, axis="x")
    figure.legend(loc="outside lower left", ncols=2, fontsize=9)
    median = int(np.quantile(lengths, 0.5, method="inverted_cdf"))
    summary = f"Half of the texts have at most {median} tokens"
    if truncated:
        summary += f"; {100 * truncated:.1f} % are cut"
    padding = 100 * padding_share(lengths, edges)
    headline(figure, f"{summary}; in buckets, {padding:.1f} % is padding")
    return figure
