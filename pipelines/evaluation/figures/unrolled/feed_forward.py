"""Drawings of what has no time steps: one thing that is read, and dense layers."""

from __future__ import annotations

from models.spec import ModelSpec
from pipelines.evaluation.figures.style import BLUE, GREEN, GREY
from pipelines.evaluation.figures.unrolled.canvas import Box, Canvas, Point
from pipelines.evaluation.figures.unrolled.heads import ANSWERS
from pipelines.evaluation.figures.unrolled.section import LEVEL, Section
from pipelines.evaluation.figures.unrolled.writing import FIRST_LAYER, Memory

HIGHER = 0.62
"""From one dense layer to the next."""
APART = 0.34
"""From a unit to the next."""
REGION = 0.26


def feed_forward(canvas: Canvas, spec: ModelSpec) -> None:
    """Draws a network of dense layers, a circle for each of a few units."""
    section = Section(canvas, [0.0], -1.35, "right")
    if spec.input == "image":
        whole = _convolved(section, spec)
        section.name("mean", "over all places")
        units = [whole]
    else:
        units = _units(section, 4, GREY)
        section.name("features")
    for layer in range(1, spec.layers + 1):
        below = units
        section.y += HIGHER
        units = _units(section, 6, BLUE)
        _connect(canvas, below, units)
        number = f" {layer}" if spec.layers > 1 else ""
        norm = ", layer normalisation" if spec.layer_norm else ""
        section.name(f"dense{number}, ReLU{norm}", f"{spec.units} units")
        if spec.residual and layer > 1:
            start, end = below[-1].right(), units[-1].right()
            side = start[0] + 0.28
            canvas.arrow(start, (side, start[1]), (side, end[1]), end, kind="residual")
    section.y += HIGHER
    answers = _units(section, 3, GREEN)
    _connect(canvas, units, answers)
    section.name(*ANSWERS[spec.head][1:])


def _units(section: Section, count: int, colour: str) -> list[Box]:
    places = [APART * (index - (count - 1) / 2) for index in range(count)]
    return [section.canvas.unit(x, section.y, colour) for x in places]


def _connect(canvas: Canvas, below: list[Box], above: list[Box]) -> None:
    """Each unit reads all units below it."""
    for lower in below:
        for upper in above:
            canvas.arrow(lower.top(), upper.bottom(), kind="weights")


def _convolved(section: Section, spec: ModelSpec) -> Box:
    """An image, maps of it that get smaller, and their mean."""
    canvas = section.canvas
    below = canvas.picture(0.0, 0.0, 0.8, 8)
    section.name("image")
    for size, side in ((0.62, 6), (0.44, 4)):
        section.y += below.height / 2 + size / 2 + 0.3
        seen = canvas.picture(0.0, section.y, size, side)
        canvas.arrow(below.top(), seen.bottom())
        below = seen
    section.name("convolutions", f"{spec.filters} filters first")
    section.y += 0.62
    whole = canvas.box(0.0, section.y, "$v$", GREY)
    canvas.arrow(below.top(), whole.bottom())
    return whole


def start_of_decoder(canvas: Canvas, spec: ModelSpec) -> Memory:
    """Draws one thing that is read, on the left of 0, for a decoder to write about."""
    section = Section(canvas, [0.0], -1.0, "right", y=FIRST_LAYER)
    if spec.input == "image":
        whole, regions = _regions(section, spec)
    else:
        whole = _whole(section, spec)
        regions = [whole.top()]
    ends: list[list[list[Point]]] = [[[whole.right()]]] * (spec.layers if spec.recurrent else 0)
    return Memory(regions, ends, bridged=True)


def _whole(section: Section, spec: ModelSpec) -> Box:
    canvas = section.canvas
    vector = canvas.box(0.0, FIRST_LAYER, "$v$", GREY)
    section.labels = -0.5
    if spec.input == "vector":
        section.name("vector")
        return vector
    category = canvas.box(0.0, FIRST_LAYER - 0.7, "$k$", GREY)
    canvas.arrow(category.top(), vector.bottom())
    section.name("embedding", f"{spec.embedding_dim} wide")
    section.name("category", y=category.y)
    return vector


def _regions(section: Section, spec: ModelSpec) -> tuple[Box, list[Point]]:
    """An image, the regions that a convolutional network sees in it, and their mean."""
    canvas = section.canvas
    picture = canvas.picture(-0.15, 0.2, 0.8, 8)
    section.name("image", y=picture.y)
    # As high as the highest layer, so that attention runs above everything else.
    section.y += LEVEL * (spec.layers - 1)
    regions = [
        canvas.box(picture.x + 0.3 * (index - 1.5), section.y, "", GREY, (REGION, REGION))
        for index in range(4)
    ]
    canvas.arrow(picture.top(), (picture.x, section.y - REGION / 2))
    section.name("regions", "of the last convolution")
    whole = canvas.box(picture.x + 1.2, FIRST_LAYER, "mean", GREY, (0.52, 0.28), 8)
    if section.y == FIRST_LAYER:
        canvas.arrow(regions[-1].right(), whole.left())
    else:
        canvas.arrow(regions[-1].right(), (whole.x, section.y), whole.top())
    return whole, [region.top() for region in regions]
