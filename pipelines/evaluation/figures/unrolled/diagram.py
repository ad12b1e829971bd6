"""A spec -> its drawing."""

from __future__ import annotations

from matplotlib.figure import Figure

from models.spec import ModelSpec
from pipelines.evaluation.figures.style import styled
from pipelines.evaluation.figures.unrolled import heads
from pipelines.evaluation.figures.unrolled.canvas import Canvas, Point
from pipelines.evaluation.figures.unrolled.feed_forward import feed_forward, start_of_decoder
from pipelines.evaluation.figures.unrolled.reading import CELLS, around, both_ways, read
from pipelines.evaluation.figures.unrolled.section import Section
from pipelines.evaluation.figures.unrolled.writing import Memory, write

ABOVE, BELOW = 0.38, 0.66
"""From the middle of the highest and lowest row to the ends of a panel."""


@styled
def unrolled_diagram(spec: ModelSpec, steps: int = 4) -> Figure:
    """The network of a spec, unrolled in time: steps from left to right, layers upwards.

    The weights of attention are made up; they show that some steps count more than others.

    Args:
        spec: of the network.
        steps: how many are read; a decoder writes one less, though two at least.

    Raises:
        SpecError: the spec is invalid.
        ValueError: there are fewer than two steps.
    """
    spec.validate()
    if steps < 2:
        raise ValueError(f"a network of {steps} steps has nothing to unroll; the minimum is 2")
    canvas = Canvas()
    if spec.mode == "one_to_one":
        feed_forward(canvas, spec)
    elif spec.mode == "one_to_many":
        _one_to_many(canvas, spec, steps)
    elif spec.writes:
        _encoder_decoder(canvas, spec, steps)
    else:
        section = read(canvas, spec, steps)
        if spec.mode == "many_to_one":
            heads.pool(section, spec)
            heads.answer(section, spec)
        elif spec.head == "ctc":
            heads.transcribe(section)
        else:
            heads.answer_steps(section, spec)
    return canvas.finish(f"{spec.mode}: {_words(spec)}")


def _one_to_many(canvas: Canvas, spec: ModelSpec, steps: int) -> None:
    memory = start_of_decoder(canvas, spec)
    right = memory.ends[0][0][0][0] if memory.ends else max(x for x, _ in memory.tops)
    decoder = write(canvas, spec, right + memory.room, max(2, steps - 1), memory)
    _panel(canvas, decoder, "decoder")


def _encoder_decoder(canvas: Canvas, spec: ModelSpec, steps: int) -> None:
    encoder = read(canvas, spec, steps)
    both = both_ways(spec)
    memory = Memory(encoder.tops, _ends(encoder, spec, both), bridged=both)
    right = encoder.xs[-1] + around(spec)
    decoder = write(canvas, spec, right + memory.room, max(2, steps - 1), memory)
    _panel(canvas, encoder, "encoder", around(spec))
    _panel(canvas, decoder, "decoder")


def _ends(encoder: Section, spec: ModelSpec, both: bool) -> list[list[list[Point]]]:
    """Where the encoder's last states leave it, of each layer."""
    if not both:
        return [[[cells[-1].right()]] for cells in encoder.cells]
    ends = []
    for forward, backward in zip(encoder.cells[::2], encoder.cells[1::2], strict=True):
        out = backward[-1].left()
        aside, above = out[0] - 0.12, out[1] + 0.3
        ends.append([[forward[-1].right()], [out, (aside, out[1]), (aside, above)]])
    return ends


def _panel(canvas: Canvas, section: Section, name: str, around: float = 0.5) -> None:
    left, right = section.xs[0] - around, section.xs[-1] + around
    canvas.panel(left, right, -BELOW, section.y + ABOVE, name)


def _words(spec: ModelSpec) -> str:
    """What the network is, in a line."""
    if spec.mode == "one_to_one":
        dense = "a dense layer" if spec.layers == 1 else f"{spec.layers} dense layers"
        return f"convolutions and {dense}" if spec.input == "image" else dense
    words = [("bidirectional " if spec.bidirectional else "") + CELLS[spec.cell]]
    if spec.layers > 1:
        words.append(f"{spec.layers} layers")
    if spec.attention != "none":
        words.append(heads.attention_name(spec))
    elif spec.mode == "many_to_one":
        words.append(heads.POOLED[spec.pooling])
    if spec.input_feeding:
        words.append("input feeding")
    return ", ".join(words + {"crf": ["CRF"], "ctc": ["CTC"]}.get(spec.head, []))
