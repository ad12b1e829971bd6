"""A network as boxes and arrows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from pipelines.evaluation.figures.style import BLUE, GREY, INK

BOX = (2.9, 0.62)
"""Width and height of a box, in inches."""
GAP = (0.4, 0.38)
SIDE = 0.22
"""How far an arrow goes out to pass boxes."""

HEAD = 0.55

Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """One layer or operation of a network.

    Attributes:
        name: unique in the network.
        kind: its class.
        shape: of what it gives, as text.
        parameters: how many it has.
        inputs: names of the nodes that it reads.
    """

    name: str
    kind: str
    shape: str
    parameters: int
    inputs: tuple[str, ...]


def network_diagram(title: str, nodes: tuple[Node, ...]) -> Figure:
    """Boxes from the input at the top to the answer at the bottom, arrows along the data.

    Args:
        title: above the picture.
        nodes: each behind those that it reads.
    """
    places = _places(nodes)
    rows = 1 + max(row for _, row in places.values())
    columns = 1 + max(column for column, _ in places.values())
    width = columns * (BOX[0] + GAP[0]) + GAP[0]
    height = HEAD + rows * (BOX[1] + GAP[1])
    figure = Figure(figsize=(max(width, 5.0), height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, max(width, 5.0)), ylim=(height, 0))
    axes.axis("off")
    axes.text(GAP[0], HEAD / 2, title, va="center", fontsize=12, weight="bold", color=INK)
    corner = {
        name: (GAP[0] + column * (BOX[0] + GAP[0]), HEAD + row * (BOX[1] + GAP[1]))
        for name, (column, row) in places.items()
    }
    for node in nodes:
        x, y = corner[node.name]
        colour = BLUE if node.parameters else GREY
        axes.add_patch(_box(x, y, colour))
        size = f"{node.parameters:,} parameters" if node.parameters else ""
        axes.text(x + 0.1, y + 0.2, f"{node.name}", fontsize=9.5, va="center", color=INK)
        axes.text(
            x + BOX[0] - 0.1, y + 0.2, node.kind, fontsize=8, va="center", ha="right", color=GREY
        )
        axes.text(x + 0.1, y + 0.44, node.shape, fontsize=8, va="center", color=INK)
        axes.text(x + BOX[0] - 0.1, y + 0.44, size, fontsize=8, va="center", ha="right", color=INK)
        for parent in node.inputs:
            _arrow(axes, corner[parent], (x, y), places[parent], places[node.name])
    return figure


def _box(x: float, y: float, colour: str) -> Patch:
    style = "round,pad=0,rounding_size=0.08"
    return FancyBboxPatch(
        (x, y), *BOX, boxstyle=style, facecolor="white", edgecolor=colour, linewidth=1.4
    )


def _arrow(
    axes: Axes, above: Point, below: Point, parent: tuple[int, int], child: tuple[int, int]
) -> None:
    """From box to box, around what lies between them."""
    width, height = BOX
    start = (above[0] + width / 2, above[1] + height)
    end = (below[0] + width / 2, below[1])
    route = "arc3"
    if parent[0] < child[0]:  # out at the side, then down
        start, route = (above[0] + width, above[1] + height / 2), "angle,angleA=0,angleB=90"
    elif parent[0] > child[0]:  # down, then in at the side
        end, route = (below[0] + width, below[1] + height / 2), "angle,angleA=90,angleB=0"
    elif child[1] - parent[1] > 1:  # past the boxes in between, on the left
        side = above[0] - SIDE
        out, end = (above[0], above[1] + height / 2), (below[0], below[1] + height / 2)
        start = (side, end[1])
        axes.plot([out[0], side, side], [out[1], out[1], end[1]], color=INK, linewidth=1)
    shape = {"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    arrow = {**shape, "connectionstyle": route}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)


def _places(nodes: tuple[Node, ...]) -> dict[str, tuple[int, int]]:
    """Column and row of each node: a row below its lowest parent, in a free column."""
    places: dict[str, tuple[int, int]] = {}
    taken: set[tuple[int, int]] = set()
    for node in nodes:
        parents = [places[name] for name in node.inputs]
        row = 1 + max((row for _, row in parents), default=-1)
        column = min((column for column, _ in parents), default=0)
        while (column, row) in taken:
            column += 1
        places[node.name] = (column, row)
        taken.add((column, row))
    return places


def nodes_of(
    config: Mapping[str, object], parameters: Mapping[str, int], shapes: Mapping[str, str]
) -> tuple[Node, ...]:
    """The nodes of a functional Keras model.

    Args:
        config: what its `get_config` gives.
        parameters: of each layer that has any, by name.
        shapes: of what each gives, by name.
    """
    layers = config["layers"]
    assert isinstance(layers, list)
    return tuple(
        Node(
            layer["name"],
            layer["class_name"],
            shapes.get(layer["name"], ""),
            parameters.get(layer["name"], 0),
            tuple(dict.fromkeys(_sources(layer["inbound_nodes"]))),
        )
        for layer in layers
    )


def _sources(part: object) -> Iterator[str]:
    """The names of the nodes whose tensors are mentioned in a call's arguments."""
    if isinstance(part, Mapping):
        if part.get("class_name") == "__keras_tensor__":
            yield part["config"]["keras_history"][0]
        else:
            for value in part.values():
                yield from _sources(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _sources(value)
