"""The part of a drawing that reads: inputs, and layers over the time steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from models.spec import ModelSpec
from pipelines.evaluation.figures.style import BLUE, GREY, RED
from pipelines.evaluation.figures.unrolled.canvas import BOX, Box, Canvas, Point
from pipelines.evaluation.figures.unrolled.section import BAND, LEVEL, Section, formula

ASIDE = 0.3
"""How far the cells of both directions stand from the middle of their step."""
NARROW = (0.44, BOX[1])
PAIR = (0.9, 0.2)

CELLS = {"simple_rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU", "transformer": "Transformer"}


def both_ways(spec: ModelSpec) -> bool:
    """Whether the encoder's cells come in two rows."""
    return spec.bidirectional and spec.recurrent


def pitch(spec: ModelSpec) -> float:
    """From one step of what reads to the next."""
    return 1.3 if both_ways(spec) else 1.0


def around(spec: ModelSpec) -> float:
    """From the middle of a step to where nothing of it is any more."""
    aside = 0.72 if spec.residual else 0.6
    return aside if both_ways(spec) else aside - 0.2


def read(canvas: Canvas, spec: ModelSpec, steps: int) -> Section:
    """Draws the inputs and the layers that read them, the first step at 0.

    Args:
        canvas: to draw on.
        spec: of the network.
        steps: how many.
    """
    between = pitch(spec)
    xs = [step * between for step in range(steps)]
    section = Section(canvas, xs, -around(spec) - 0.08, "right")
    _inputs(section, spec)
    draw_layers(section, spec, "h", both_ways(spec))
    return section


def _inputs(section: Section, spec: ModelSpec) -> None:
    if spec.input in ("rows", "frames"):
        _images(section, spec)
        return
    tokens = spec.input == "tokens"
    symbol = "w_#" if tokens else "x_#"
    section.begin([formula(symbol, step) for step in range(1, len(section.xs) + 1)], GREY)
    if not tokens:
        section.name("features")
        return
    if spec.head == "next_token":
        section.name("tokens", "in training the true ones")
    else:
        section.name("tokens")
    section.row("x_#", GREY)
    section.name("embedding", f"{spec.embedding_dim} wide")


def _images(section: Section, spec: ModelSpec) -> None:
    rows, steps = spec.input == "rows", len(section.xs)
    section.inputs = [
        section.canvas.picture(x, 0.0, 0.5, max(4, steps), step if rows else None)
        for step, x in enumerate(section.xs)
    ]
    section.tops = [picture.top() for picture in section.inputs]
    if rows:
        section.name("image", "a row at each step")
        return
    section.name("frames")
    section.row("x_#", GREY, LEVEL + 0.07)
    section.name("convolutions", f"{spec.filters} filters first")


def draw_layers(section: Section, spec: ModelSpec, symbol: str, both: bool) -> None:
    """Draws recurrent layers, or those of a transformer, over what a section has so far.

    Args:
        section: of the drawing.
        spec: of the network.
        symbol: of a state.
        both: whether the layers read in both directions.
    """
    for layer in range(1, spec.layers + 1):
        name = CELLS[spec.cell] + (f" {layer}" if spec.layers > 1 else "")
        upper = f"{symbol}^{{({layer})}}_#" if spec.layers > 1 else f"{symbol}_#"
        below = section.tops
        if spec.cell == "transformer":
            boxes = section.row(upper, BLUE, BAND, reads=False)
            section.look(below, boxes, not spec.bidirectional, itself=True)
            seen = "sees all steps" if spec.bidirectional else "sees no later step"
            section.name(name, f"{spec.units} units; {seen}")
            continue
        if both:
            _both_directions(section, spec, name)
        else:
            boxes = section.row(upper, BLUE)
            section.name(name, f"{spec.units} units")
            _carry(section, spec, boxes, "forward")
        _finish(section, spec, below, layer, both)


def _carry(section: Section, spec: ModelSpec, boxes: Sequence[Box], kind: str) -> None:
    """States from cell to cell: of an LSTM two, h and c."""
    order = list(boxes) if kind == "forward" else list(reversed(boxes))
    for up in (-0.07, 0.07) if spec.cell == "lstm" else (0.0,):
        for box, after in pairwise(order):
            if kind == "forward":
                section.canvas.arrow(box.right(up), after.left(up), kind=kind)
            else:
                section.canvas.arrow(box.left(up), after.right(up), kind=kind)
    section.cells.append(order)


def _both_directions(section: Section, spec: ModelSpec, name: str) -> None:
    canvas, forward = section.canvas, section.y + LEVEL
    backward, top = forward + 0.56, forward + 1.14
    directions = (
        ("forward", forward, -ASIDE, BLUE, r"\overrightarrow{h}_#"),
        ("backward", backward, ASIDE, RED, r"\overleftarrow{h}_#"),
    )
    joined = [canvas.pair(x, top, PAIR) for x in section.xs]
    for kind, y, aside, colour, symbol in directions:
        boxes = []
        for step, (x, below) in enumerate(zip(section.xs, section.tops, strict=True), 1):
            box = canvas.box(x + aside, y, formula(symbol, step), colour, NARROW)
            fork = below[1] + 0.15
            canvas.arrow(below, (x, fork), (x + aside, fork), box.bottom())
            canvas.arrow(box.top(), (x + aside, top - PAIR[1] / 2))
            boxes.append(box)
        _carry(section, spec, boxes, kind)
        section.name(f"{name}, {kind}", f"{spec.units} units", y)
    section.y, section.tops = top, [pair.top() for pair in joined]
    section.name("side by side", f"{2 * spec.units} wide")


def _finish(
    section: Section, spec: ModelSpec, below: Sequence[Point], layer: int, both: bool
) -> None:
    """Layer normalisation, and the residual connection around it all."""
    canvas, xs = section.canvas, section.xs
    if spec.layer_norm:
        section.y += 0.52
        for index, x in enumerate(xs):
            norm = canvas.box(x, section.y, "norm", GREY, (0.56, 0.2), 8)
            canvas.arrow(section.tops[index], norm.bottom())
            section.tops[index] = norm.top()
        section.name("layer normalisation")
    if not spec.residual or layer == 1:
        return
    section.y += 0.42
    aside = 0.64 if both else 0.39
    for index, x in enumerate(xs):
        plus = canvas.plus(x, section.y)
        canvas.arrow(section.tops[index], plus.bottom())
        start, side = (x, below[index][1] + 0.07), x - aside
        canvas.arrow(start, (side, start[1]), (side, plus.y), plus.left(), kind="residual")
        section.tops[index] = plus.top()
    section.name("sum", "with the layer's input")
