"""How all figures look: colours, sizes, fonts, and text that any font can draw.

Figures are made without pyplot, which keeps each one alive in global state until it is closed.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

# Told apart with any kind of colour vision. Okabe and Ito 2008, "Color Universal Design".
BLUE = "#0072B2"
ORANGE = "#E69F00"
RED = "#D55E00"
GREEN = "#007A5E"  # darker than theirs, so that it can be read as text
GREY = "#8C8C8C"
INK = "#222222"

WIDTH = 8.0
"""Inches; 1,200 pixels, and still legible when shown 800 wide."""

HEADLINE = 78
"""Characters of a headline's line."""

# The first of them that has a character draws it.
FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Segoe UI Emoji",
)
MISSING = "\u25a1"
"""Stands for a character that none of the installed fonts has."""

STYLE: dict[Any, Any] = {
    "figure.dpi": 150,
    "figure.facecolor": "white",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}

P = ParamSpec("P")


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Makes a function's figure look like the others, leaving matplotlib's own settings alone."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context(STYLE | {"font.family": installed_fonts()}):
            figure = draw(*args, **kwargs)
            if any(MISSING in text.get_text() for text in figure.findobj(Text)):
                note = f"{MISSING}  a character that no font on this machine has"
                figure.supxlabel(note, x=0.01, ha="left", fontsize=8, color=GREY)
            # Ticks are made when they are first drawn, in the settings of that moment.
            figure.draw_without_rendering()
        return figure

    return drawn


def blank(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, in inches, that keeps its parts from overlapping."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, text: str) -> None:
    """A title over the whole figure that says what one sees."""
    lines = [textwrap.fill(line, HEADLINE) for line in text.splitlines()]
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=12, fontweight="bold")


@functools.cache
def installed_fonts() -> list[str]:
    """Those of `FONTS` that are on this machine; the first one comes with matplotlib."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in there]


@functools.cache
def _drawable() -> frozenset[int]:
    """Code points that at least one installed font has."""
    points: set[int] = set()
    for name in installed_fonts():
        font = font_manager.get_font(font_manager.findfont(name))
        points.update(font.get_charmap())
    return frozenset(points)


def legible(text: str, longest: int | None = None) -> str:
    """Text as it can be drawn: on one line, no formulas, `MISSING` for what no font has.

    Args:
        text: of the user's data: anything at all.
        longest: characters to cut it to.
    """
    line = " ".join(text.split())
    if longest is not None and len(line) > longest:
        line = f"{line[: longest - 1]}…"
    known = _drawable()
    line = "".join(c if ord(c) in known else MISSING for c in line if c.isprintable())
    return line.replace("$", r"\$")  # a pair of bare dollars would be read as a formula
