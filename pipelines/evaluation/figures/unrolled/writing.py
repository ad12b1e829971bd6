"""The part of a drawing that writes: a decoder, and what it starts from and looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.spec import ModelSpec
from pipelines.evaluation.figures.style import BLUE, GREEN, GREY, ORANGE
from pipelines.evaluation.figures.unrolled.canvas import BOX, Box, Canvas, Point
from pipelines.evaluation.figures.unrolled.heads import attention_name
from pipelines.evaluation.figures.unrolled.reading import draw_layers
from pipelines.evaluation.figures.unrolled.section import BAND, LEVEL, Section, formula, softmax

FIRST_LAYER = 2 * LEVEL
"""The middle of a decoder's lowest layer."""
PITCH = 1.12
"""From one step of a decoder to the next."""
FEEDING, WRITTEN = 0.42, 0.56
"""How far what is read at the next step runs from the middle of a step."""
CONTEXT = (0.42, BOX[1])
BESIDE, PAST = -0.14, 0.19
"""Where the context of a step stands, and where the state passes it by."""
BRIDGE = (0.48, 0.28)
BEFORE = 0.78
"""How far a bridge stands before the first step."""


@dataclass(frozen=True)
class Memory:
    """What a decoder knows of the input.

    Attributes:
        tops: of the steps or regions that it looks at.
        ends: of each layer the ways, one or two, on which the states come that it starts from.
        bridged: whether these go through a dense layer.
    """

    tops: Sequence[Point]
    ends: Sequence[Sequence[Sequence[Point]]]
    bridged: bool

    @property
    def room(self) -> float:
        """How far the first step must be from where the states come from."""
        if not self.ends:
            return 1.1
        return BEFORE + 0.5 + self.shift * (len(self.ends) - 1) if self.bridged else 1.25

    @property
    def shift(self) -> float:
        """From the bridge of a layer to that of the next; two ways need room of their own."""
        return 0.62 if self.bridged and len(self.ends[0]) > 1 else 0.0


def write(canvas: Canvas, spec: ModelSpec, start: float, steps: int, memory: Memory) -> Section:
    """Draws a decoder.

    Args:
        canvas: to draw on.
        spec: of the network.
        start: the middle of the first step.
        steps: how many.
        memory: what it starts from and looks at.
    """
    xs = [start + step * PITCH for step in range(steps)]
    section = Section(canvas, xs, xs[-1] + 0.66, "left")
    section.begin(["START", *(formula("y_#", step) for step in range(1, steps))], GREY)
    section.name("token before", "in training the true one")
    section.row("e_#", GREY)
    section.name("embedding", f"{spec.embedding_dim} wide")
    if spec.cell == "transformer":
        _transformer(section, spec, memory)
    else:
        _recurrent(section, spec, memory)
    section.y += LEVEL
    for step, top in enumerate(section.tops, 1):
        label = formula("y_#", step) if step < steps else "END"
        box = canvas.box(top[0], section.y, label, GREEN, font=10 if step < steps else 8)
        canvas.arrow(top, box.bottom())
        if step < steps:
            side, end = box.x + WRITTEN, section.inputs[step].left()
            canvas.arrow(box.right(), (side, box.y), (side, end[1]), end, kind="written")
    section.name("tokens written", "a softmax each")
    return section


def _recurrent(section: Section, spec: ModelSpec, memory: Memory) -> None:
    draw_layers(section, spec, "s", both=False)
    for layer, cells in enumerate(section.cells):
        _start(section.canvas, memory, layer, cells[0])
    if spec.attention == "none":
        return
    states = _look(section, spec, memory, "c_#", "a_#", ORANGE)
    section.name("attentional state", r"$\tanh(W\,[c\,;\,s])$")
    if spec.input_feeding:
        for state, cell in zip(states, section.cells[0][1:], strict=False):
            side, end = state.x + FEEDING, cell.bottom(-0.17)
            low = end[1] - 0.17
            way = (state.right(), (side, state.y), (side, low), (end[0], low), end)
            section.canvas.arrow(*way, kind="feeding")


def _transformer(section: Section, spec: ModelSpec, memory: Memory) -> None:
    for layer in range(1, spec.layers + 1):
        index = f"^{{({layer})}}_#" if spec.layers > 1 else "_#"
        number = f" {layer}" if spec.layers > 1 else ""
        below = section.tops
        boxes = section.row("z" + index, BLUE, BAND, reads=False)
        section.look(below, boxes, causal=True, itself=True)
        section.name(f"Transformer{number}", f"{spec.units} units; sees no later step")
        _look(section, spec, memory, "c" + index, "s" + index, BLUE)
        section.name("sum, feed-forward")


def _look(
    section: Section, spec: ModelSpec, memory: Memory, context: str, after: str, colour: str
) -> list[Box]:
    """Each step asks the memory, and is joined with the answer.

    Args:
        section: whose highest row asks.
        spec: of the network.
        memory: that is asked.
        context: symbol of what is found there.
        after: symbol of what comes of it, in the row above.
        colour: of that row.
    """
    canvas, asking = section.canvas, section.tops
    highest = max(y for _, y in memory.tops)
    section.y = max(section.y, highest) + BAND
    count, steps = len(memory.tops), len(section.xs)
    contexts = []
    for step, top in enumerate(asking):
        box = canvas.box(top[0] + BESIDE, section.y, formula(context, step + 1), ORANGE, CONTEXT)
        nearest = (step + 0.5) * count / steps - 0.5
        scores = [-1.4 * (other - nearest) ** 2 for other in range(count)]
        for place, weight in zip(memory.tops, softmax(scores), strict=True):
            canvas.attend(place, box.bottom(-0.06), weight)
        contexts.append(box)
    section.name(attention_name(spec), "weighted mean of the memory")
    boxes = section.row(after, colour, reads=False)
    for top, box, joined in zip(asking, contexts, boxes, strict=True):
        fork = top[1] + 0.15
        canvas.arrow(top, (top[0], fork), (box.x, fork), box.bottom())
        canvas.arrow(top, (top[0], fork), (top[0] + PAST, fork), joined.bottom(PAST))
        canvas.arrow(box.top(), joined.bottom(BESIDE))
    return boxes


def _start(canvas: Canvas, memory: Memory, layer: int, cell: Box) -> None:
    """The states that a layer of the decoder starts from."""
    ways = memory.ends[layer]
    if not memory.bridged:
        # Higher layers turn earlier, so that the lines do not cross.
        (way,), turn = ways, cell.left()[0] - 0.3 - 0.12 * layer
        canvas.arrow(*_turned(way, turn, cell.left()), kind="handed")
        return
    x = cell.x - BEFORE - memory.shift * (len(memory.ends) - 1 - layer)
    bridge = canvas.box(x, cell.y, "tanh", BLUE, BRIDGE, font=8)
    canvas.arrow(*_turned(ways[0], x - 0.4, bridge.left()), kind="handed")
    for way in ways[1:]:
        canvas.arrow(*way, (x, way[-1][1]), bridge.top(), kind="handed")
    canvas.arrow(bridge.right(), cell.left(), kind="handed")


def _turned(way: Sequence[Point], turn: float, end: Point) -> list[Point]:
    """A way on to an end at another height."""
    if abs(way[-1][1] - end[1]) < 0.01:
        return [*way, end]
    return [*way, (turn, way[-1][1]), (turn, end[1]), end]
