"""Paper for network drawings: boxes, arrows and fading lines, measured in inches, upwards.

The paper is cut to what was drawn on it when it is finished. What its lines mean is explained below
the drawing, for the kinds of line that are in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from pipelines.evaluation.figures.style import BLUE, GREEN, GREY, INK, ORANGE, RED

Point = tuple[float, float]

BOX = (0.56, 0.36)
"""Width and height of most boxes."""
CORNER = 0.09
MARGIN = 0.2
DASH = 0.34
"""How long the lines of the legend are."""
LINE = 0.26
"""From a line of the legend to the next."""


@dataclass(frozen=True)
class Kind:
    """What a line stands for.

    Attributes:
        colour: of the line.
        caption: its words below the drawing; empty where it needs none.
        dashed: whether it is.
        width: in points.
        head: whether it is an arrow.
    """

    colour: str
    caption: str = ""
    dashed: bool = False
    width: float = 1.4
    head: bool = True


KINDS = {
    "data": Kind(INK, width=1.0),
    "forward": Kind(BLUE, "state, carried forward"),
    "backward": Kind(RED, "state, carried backward"),
    "handed": Kind(BLUE, "states that the decoder starts from", dashed=True, width=1.6),
    "attention": Kind(ORANGE, "attention: the heavier, the more is taken from there"),
    "feeding": Kind(ORANGE, "attentional state, read at the next step", dashed=True),
    "written": Kind(GREEN, "token written, read at the next step", dashed=True),
    "crf": Kind(GREEN, "score of a label after the label before", width=2.4, head=False),
    "residual": Kind(GREY, "residual connection"),
    "weights": Kind("#C9C9C9", width=0.5, head=False),
}


@dataclass(frozen=True)
class Box:
    """Where something was drawn: its middle and its size."""

    x: float
    y: float
    width: float
    height: float

    def top(self, aside: float = 0.0) -> Point:
        """A point of the upper side, `aside` from its middle."""
        return self.x + aside, self.y + self.height / 2

    def bottom(self, aside: float = 0.0) -> Point:
        """A point of the lower side, `aside` from its middle."""
        return self.x + aside, self.y - self.height / 2

    def left(self, up: float = 0.0) -> Point:
        """A point of the left side, `up` from its middle."""
        return self.x - self.width / 2, self.y + up

    def right(self, up: float = 0.0) -> Point:
        """A point of the right side, `up` from its middle."""
        return self.x + self.width / 2, self.y + up


class Canvas:
    """Collects a drawing.

    Attributes:
        figure: that is drawn.
    """

    def __init__(self) -> None:
        self.figure = Figure()
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.axis("off")
        self.kinds: set[str] = set()
        self.low = [math.inf, math.inf]
        self.high = [-math.inf, -math.inf]

    def box(
        self, x: float, y: float, text: str, colour: str, size: Point = BOX, font: float = 10
    ) -> Box:
        """A rounded box with text in its middle."""
        box = Box(x, y, *size)
        self._add(_rounded_box(box, min(0.08, size[1] / 2)), zorder=3).set(
            facecolor=tint(colour), edgecolor=colour, linewidth=1.2
        )
        self._cover(box.left(-size[1] / 2), box.right(size[1] / 2))
        if text:
            self.write(x, y, text, size=font)
        return box

    def pair(self, x: float, y: float, size: Point) -> Box:
        """A box of two halves: what both directions say, side by side."""
        half = (size[0] / 2, size[1])
        self.box(x - half[0] / 2, y, "", BLUE, half)
        self.box(x + half[0] / 2, y, "", RED, half)
        return Box(x, y, *size)

    def unit(self, x: float, y: float, colour: str) -> Box:
        """One unit of a dense layer."""
        self._add(Circle((x, y), 0.1, fc=tint(colour), ec=colour, lw=1.2), zorder=3)
        self._cover((x - 0.1, y - 0.1), (x + 0.1, y + 0.1))
        return Box(x, y, 0.2, 0.2)

    def plus(self, x: float, y: float) -> Box:
        """Where two lines are added."""
        self._add(Circle((x, y), 0.09, fc="white", ec=GREY, lw=1.2), zorder=3)
        self.axes.plot([x - 0.05, x + 0.05], [y, y], color=GREY, lw=1.2, zorder=4, clip_on=False)
        self.axes.plot([x, x], [y - 0.05, y + 0.05], color=GREY, lw=1.2, zorder=4, clip_on=False)
        return Box(x, y, 0.18, 0.18)

    def picture(self, x: float, y: float, size: float, side: int, row: int | None = None) -> Box:
        """A small image of `side` rows, all of it or one row in colour."""
        cell, middle = size / side, (side - 1) / 2
        for line in range(side):
            for column in range(side):
                away = ((line - middle) ** 2 + (column - middle * 1.2) ** 2) / middle**2
                shade = tint(BLUE if row in (None, line) else GREY, 0.12 + 0.7 * math.exp(-away))
                corner = (x - size / 2 + column * cell, y + size / 2 - (line + 1) * cell)
                self._add(Rectangle(corner, cell, cell, fc=shade, ec="white", lw=0.6), zorder=3)
        self._cover((x - size / 2, y - size / 2), (x + size / 2, y + size / 2))
        return Box(x, y, size, size)

    def panel(self, left: float, right: float, bottom: float, top: float, name: str) -> None:
        """A ground for a part of the network, its name in the lower left corner."""
        ground = Box((left + right) / 2, (bottom + top) / 2, right - left, top - bottom)
        self._add(_rounded_box(ground, 0.12), zorder=0).set(facecolor="#F5F5F2", edgecolor="none")
        self._cover((left, bottom), (right, top))
        self.write(left + 0.14, bottom + 0.17, name, size=9, colour=GREY, side="left", bold=True)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        colour: str = INK,
        side: str = "center",
        bold: bool = False,
    ) -> float:
        """Text at a point of its middle, `left` or `right` side; gives how wide it is."""
        weight = "bold" if bold else "normal"
        look: dict[str, Any] = {"size": size, "weight": weight}
        self.axes.text(x, y, text, ha=side, va="center", color=colour, zorder=4, **look)
        measured = text_to_path.get_text_width_height_descent(
            text, FontProperties(**look), "$" in text
        )
        wide, high = measured[0] / 72, measured[1] / 72
        start = x - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[side]
        self._cover((start, y - high / 2), (start + wide, y + high / 2))
        return wide

    def arrow(self, *points: Point, kind: str = "data") -> None:
        """A line of some kind along some points, rounded at its corners."""
        style = KINDS[kind]
        self.kinds.add(kind)
        self._cover(*points)
        line = FancyArrowPatch(
            path=_rounded_path(points),
            arrowstyle="-|>,head_length=5,head_width=2.7" if style.head else "-",
            mutation_scale=1,
            color=style.colour,
            linewidth=style.width,
            linestyle=(0, (3, 1.2)) if style.dashed else "-",
        )
        self._add(line, zorder=1 if kind == "weights" else 2)
        if not style.head:
            line.set_facecolor("none")

    def attend(self, start: Point, end: Point, weight: float) -> None:
        """A line of attention, the heavier the more of its start is taken."""
        self.kinds.add("attention")
        self._cover(start, end)
        line = FancyArrowPatch(start, end, arrowstyle="-", shrinkA=0, shrinkB=0)
        line.set(color=KINDS["attention"].colour, capstyle="round")
        line.set(alpha=0.25 + 0.7 * weight, linewidth=0.8 + 3.2 * weight)
        self._add(line, zorder=1)

    def finish(self, title: str) -> Figure:
        """Cuts the paper, with a title above and the meaning of the lines below."""
        left, bottom = self.low[0], self.low[1] - 0.34
        self.write(left, self.high[1] + 0.34, title, size=11.5, side="left", bold=True)
        at, edge = left, self.high[0]
        for kind, style in KINDS.items():
            if kind not in self.kinds or not style.caption:
                continue
            if at > left and at + DASH + 0.075 * len(style.caption) > edge:
                at, bottom = left, bottom - LINE
            if kind == "attention":
                self.attend((at, bottom), (at + DASH, bottom), 0.6)
            else:
                self.arrow((at, bottom), (at + DASH, bottom), kind=kind)
            at += DASH + 0.08
            at += self.write(at, bottom, style.caption, size=8.5, side="left") + 0.28
        (x0, y0), (x1, y1) = self.low, self.high
        x0, y0, x1, y1 = x0 - MARGIN, y0 - MARGIN, x1 + MARGIN, y1 + MARGIN
        self.axes.set(xlim=(x0, x1), ylim=(y0, y1))
        self.figure.set_size_inches(x1 - x0, y1 - y0)
        return self.figure

    def _add(self, patch: Patch, zorder: float) -> Patch:
        self.axes.add_patch(patch)
        patch.set(clip_on=False, zorder=zorder)
        return patch

    def _cover(self, *points: Point) -> None:
        """The paper must reach as far as these."""
        for point in points:
            for axis in (0, 1):
                self.low[axis] = min(self.low[axis], point[axis])
                self.high[axis] = max(self.high[axis], point[axis])


def tint(colour: str, share: float = 0.13) -> str:
    """A colour on white."""
    red, green, blue = (1 - share * (1 - part) for part in colors.to_rgb(colour))
    return colors.to_hex((red, green, blue))


def _rounded_box(box: Box, radius: float) -> FancyBboxPatch:
    style = f"round,pad=0,rounding_size={radius}"
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    return FancyBboxPatch(corner, box.width, box.height, boxstyle=style)


def _rounded_path(points: Sequence[Point]) -> Path:
    """Straight lines between points, their corners round."""
    places, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        places += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*places, points[-1]], [*codes, Path.LINETO])


def _towards(start: Point, end: Point) -> Point:
    """A little way from one point to another."""
    across, up = end[0] - start[0], end[1] - start[1]
    share = min(0.5, CORNER / max(math.hypot(across, up), 1e-9))
    return start[0] + share * across, start[1] + share * up
