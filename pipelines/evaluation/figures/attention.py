"""Which words a model attended to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from pipelines.evaluation.figures.style import GREEN, INK, RED, WIDTH, legible, styled

Example = tuple[Sequence[str], Sequence[float], str, str]
"""Words, their attention weights, the predicted and the true class."""

SHADES = LinearSegmentedColormap.from_list("attention", ["#FFFFFF", "#FBE3B0", "#E69F00"])

MOST_WORDS = 120
"""Of a longer text, the stretch with the most attention is shown."""

LONGEST_WORD = 40
SIZE = 11.0  # points
LINE = 0.27  # inches between lines
GAP = 0.16  # inches between examples
MARGIN = 0.15
HEAD = 0.62  # inches of title and legend


@styled
def attention_words(examples: Sequence[Example]) -> Figure:
    """Texts as running text, each word shaded by its attention weight.

    Shades are relative to the heaviest word of each text, so that a long text, whose weights are
    all small, can be read as well as a short one.

    Args:
        examples: at least one.
    """
    measure = _Measure()
    parts = [(measure.wrap(*_stretch(words, weights)), a, b) for words, weights, a, b in examples]
    height = HEAD + MARGIN + sum(LINE * (1 + len(lines)) + GAP for lines, _, _ in parts)
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    # One unit is one inch, measured from the upper left corner.
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    axes.axis("off")
    _head(axes)
    at = HEAD
    for lines, predicted, true in parts:
        right = predicted == true
        verdict = f"✓ {legible(predicted, 40)}"
        if not right:
            verdict = f"✗ predicted {legible(predicted, 40)}, truly {legible(true, 40)}"
        axes.text(
            MARGIN,
            at + LINE / 2,
            verdict,
            va="center",
            fontsize=SIZE - 1,
            fontweight="bold",
            color=GREEN if right else RED,
        )
        for line in lines:
            at += LINE
            for word, left, wide, shade in line:
                axes.add_patch(
                    Rectangle((left, at + 0.02), wide, LINE - 0.04, color=SHADES(shade), lw=0)
                )
                axes.text(
                    left + wide / 2, at + LINE / 2, word, ha="center", va="center", fontsize=SIZE
                )
        at += LINE + GAP
    return figure


def _head(axes: Axes) -> None:
    """The title, and the legend at its right."""
    axes.text(MARGIN, 0.27, "What the model attended to", va="center", fontsize=12, weight="bold")
    left, wide = WIDTH - 2.8, 1.3
    axes.imshow(
        np.linspace(0, 1, 64)[None, :],
        cmap=SHADES,
        extent=(left, left + wide, 0.35, 0.19),
        aspect="auto",
    )
    axes.text(left - 0.08, 0.27, "no attention", ha="right", va="center", fontsize=9, color=INK)
    axes.text(left + wide + 0.08, 0.27, "the most in the text", va="center", fontsize=9, color=INK)


def _stretch(words: Sequence[str], weights: Sequence[float]) -> tuple[list[str], np.ndarray]:
    """The words to show and their shades, between 0 and 1."""
    weight = np.asarray(weights, dtype=np.float64)
    heaviest = weight.max(initial=0.0)
    shades = weight / heaviest if heaviest > 0 else weight
    shown = [legible(word, LONGEST_WORD) for word in words]
    if len(shown) <= MOST_WORDS:
        return shown, shades
    sums = np.convolve(weight, np.ones(MOST_WORDS), mode="valid")
    first = int(sums.argmax())
    last = first + MOST_WORDS
    before = ["…"] if first > 0 else []
    after = ["…"] if last < len(shown) else []
    shades = np.concatenate([np.zeros(len(before)), shades[first:last], np.zeros(len(after))])
    return [*before, *shown[first:last], *after], shades


class _Measure:
    """How wide words are in the figure's font, in inches."""

    def __init__(self) -> None:
        self.dpi = 150  # as it will be drawn: glyphs are fitted to pixels
        self.renderer = RendererAgg(1, 1, self.dpi)
        self.font = FontProperties(size=SIZE)

    def width(self, word: str) -> float:
        """Of a word with a little room on both sides, so that its shade is no frame."""
        wide, _, _ = self.renderer.get_text_width_height_descent(word, self.font, ismath=False)
        return wide / self.dpi + 0.07

    def wrap(
        self, words: Sequence[str], shades: np.ndarray
    ) -> list[list[tuple[str, float, float, float]]]:
        """Lines of (word, left, width, shade)."""
        lines: list[list[tuple[str, float, float, float]]] = [[]]
        left = MARGIN
        for word, shade in zip(words, shades, strict=True):
            wide = self.width(word)
            if left + wide > WIDTH - MARGIN and lines[-1]:
                lines.append([])
                left = MARGIN
            lines[-1].append((word, left, wide, float(shade)))
            left += wide
        return lines
