"""A part of a drawing with time steps of its own: rows of boxes, from the lowest upwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.evaluation.figures.style import GREY
from pipelines.evaluation.figures.unrolled.canvas import Box, Canvas, Point

LEVEL = 0.70
"""From the middle of a row to the middle of the next."""
BAND = 0.98
"""The same, where attention runs in between."""


@dataclass
class Section:
    """A part of a drawing.

    Attributes:
        canvas: to draw on.
        xs: the middle of each step.
        labels: where the names of the rows stand.
        side: which side of the names is there, `left` or `right`.
        y: the middle of the highest row so far.
        tops: where the result of each step leaves that row.
        inputs: of the lowest row.
        cells: of each layer those that carry a state, in the order that they read in; of layers in
            both directions forward, backward.
    """

    canvas: Canvas
    xs: Sequence[float]
    labels: float
    side: str
    y: float = 0.0
    tops: list[Point] = field(default_factory=list)
    inputs: list[Box] = field(default_factory=list)
    cells: list[list[Box]] = field(default_factory=list)

    def name(self, name: str, detail: str = "", y: float | None = None) -> None:
        """Names a row at its side, the highest by default."""
        y = self.y if y is None else y
        up = 0.085 if detail else 0.0
        self.canvas.write(self.labels, y + up, name, 9, side=self.side)
        if detail:
            self.canvas.write(self.labels, y - up, detail, 8, GREY, self.side)

    def begin(self, names: Sequence[str], colour: str) -> None:
        """The lowest row.

        Args:
            names: of what is read at each step.
            colour: of the boxes.
        """
        self.inputs = [
            self.canvas.box(x, self.y, name, colour, font=10 if "$" in name else 8)
            for x, name in zip(self.xs, names, strict=True)
        ]
        self.tops = [box.top() for box in self.inputs]

    def row(self, symbol: str, colour: str, level: float = LEVEL, reads: bool = True) -> list[Box]:
        """A box over each step.

        Args:
            symbol: of the boxes in mathtext, `#` standing for the number of the step.
            colour: of the boxes.
            level: how far it is above the last row.
            reads: whether each box reads what is below it.
        """
        self.y += level
        boxes = [
            self.canvas.box(x, self.y, formula(symbol, step), colour)
            for step, x in enumerate(self.xs, 1)
        ]
        if reads:
            for top, box in zip(self.tops, boxes, strict=True):
                self.canvas.arrow(top, box.bottom())
        self.tops = [box.top() for box in boxes]
        return boxes

    def look(
        self, below: Sequence[Point], boxes: Sequence[Box], causal: bool, itself: bool
    ) -> None:
        """Attention of the steps over the steps of the same sequence.

        Args:
            below: what is looked at.
            boxes: what looks.
            causal: whether a step sees no later one.
            itself: whether a step sees itself.
        """
        for step, box in enumerate(boxes):
            seen = [
                other
                for other in range(len(below))
                if (other <= step or not causal) and (itself or other != step)
            ]
            for other, weight in zip(seen, weights(len(seen), step), strict=True):
                self.canvas.attend(below[other], box.bottom(), weight)


def formula(symbol: str, step: int) -> str:
    """A symbol of a step, as mathtext."""
    return f"${symbol.replace('#', str(step))}$"


def weights(count: int, step: int) -> list[float]:
    """Weights of attention as they might be; they sum to one."""
    return softmax([1.3 * math.sin(2.3 * other + 1.7 * step + 0.6) for other in range(count)])


def softmax(scores: Sequence[float]) -> list[float]:
    """Scores -> weights."""
    total = sum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]
