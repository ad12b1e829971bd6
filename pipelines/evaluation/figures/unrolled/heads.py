"""The part of a drawing that answers: one vector of all states, heads, links between labels."""

from __future__ import annotations

from itertools import groupby, pairwise

from models.spec import ModelSpec
from pipelines.evaluation.figures.style import GREEN, GREY, ORANGE
from pipelines.evaluation.figures.unrolled.canvas import Point
from pipelines.evaluation.figures.unrolled.reading import both_ways
from pipelines.evaluation.figures.unrolled.section import BAND, LEVEL, Section, weights

ANSWERS = {
    "classes": ("y", "class", "softmax"),
    "tags": ("y", "tags", "a sigmoid each"),
    "values": ("y", "values", "linear"),
    "quantiles": ("y", "quantiles", "of each horizon"),
    "labels": ("y_#", "labels", "a softmax each"),
    "crf": ("y_#", "labels", "decided together"),
    "next_token": ("y_#", "next tokens", "a softmax each"),
}
"""Of a head: the symbol of its answer, its name, how it is made."""

ASIDE = 0.225
"""How far the boxes of two directions stand from the middle of their step."""

POOLED = {"last": "the last state", "mean": "mean of the states", "max": "maximum of the states"}


def pool(section: Section, spec: ModelSpec) -> None:
    """States of all steps -> one vector."""
    canvas, tops = section.canvas, section.tops
    if spec.attention != "none":
        section.y += BAND
        pooled = canvas.box((tops[0][0] + tops[-1][0]) / 2, section.y, "$v$", ORANGE)
        for top, weight in zip(tops, weights(len(tops), 1), strict=True):
            canvas.attend(top, pooled.bottom(), weight)
        section.name(attention_name(spec), "weighted mean of the states")
    else:
        taken = _pooled(section, spec)
        section.y += BAND if len(taken) > 1 else LEVEL
        pooled = canvas.box((taken[0][0] + taken[-1][0]) / 2, section.y, "$v$", GREY)
        for index, start in enumerate(taken):
            share = (index + 0.5) / len(taken) - 0.5
            canvas.arrow(start, pooled.bottom(0.4 * share))
        section.name("pooling", POOLED[spec.pooling])
    section.tops = [pooled.top()]


def _pooled(section: Section, spec: ModelSpec) -> list[Point]:
    """From where states go into the pooling."""
    tops = section.tops
    if spec.pooling != "last":
        return tops
    if not both_ways(spec):
        return tops[-1:]
    # Of two directions, each has read everything at another end.
    (first, y), (last, _) = tops[0], tops[-1]
    return [(first + ASIDE, y), (last - ASIDE, y)]


def answer(section: Section, spec: ModelSpec) -> None:
    """One answer about the whole."""
    symbol, name, detail = ANSWERS[spec.head]
    section.y += LEVEL
    box = section.canvas.box(section.tops[0][0], section.y, f"${symbol}$", GREEN)
    section.canvas.arrow(section.tops[0], box.bottom())
    section.name(name, detail)


def answer_steps(section: Section, spec: ModelSpec) -> None:
    """An answer at each step, each joined with what it finds at the other steps if it attends."""
    canvas = section.canvas
    if spec.attention != "none":
        below = section.tops
        section.look(below, section.row("a_#", ORANGE, BAND), not spec.bidirectional, itself=False)
        section.name(
            attention_name(spec),
            "over all other steps" if spec.bidirectional else "over the steps before",
        )
    symbol, name, detail = ANSWERS[spec.head]
    boxes = section.row(symbol, GREEN)
    section.name(name, detail)
    pairs = list(pairwise(boxes))
    if spec.head == "crf":
        for before, after in pairs:
            canvas.arrow(before.right(), after.left(), kind="crf")
    if spec.head == "next_token":
        for (before, _), read in zip(pairs, section.inputs[1:], strict=True):
            end = read.left()
            side = (before.x + read.x) / 2
            canvas.arrow(before.right(), (side, before.y), (side, end[1]), end, kind="written")


def transcribe(section: Section) -> None:
    """A path of labels and blanks, and what is left of it."""
    canvas = section.canvas
    path = ["y_1", "y_1", ""] + ["y_2"] * len(section.xs)
    section.y += LEVEL
    boxes = []
    for top, label in zip(section.tops, path, strict=False):
        written, colour = (f"${label}$", GREEN) if label else ("blank", GREY)
        boxes.append(
            (label, canvas.box(top[0], section.y, written, colour, font=10 if label else 8))
        )
        canvas.arrow(top, boxes[-1][1].bottom())
    section.name("labels and blanks", "a softmax each")
    section.y += LEVEL
    for label, group in groupby(boxes, key=lambda pair: pair[0]):
        same = [box for _, box in group]
        if label:
            middle = (same[0].x + same[-1].x) / 2
            kept = canvas.box(middle, section.y, f"${label}$", GREEN)
            for box in same:
                canvas.arrow(box.top(), kept.bottom(0.1 * (box.x - middle)))
    section.name("transcript", "no repeats, no blanks")


def attention_name(spec: ModelSpec) -> str:
    """What the row of an attention is called."""
    return f"{spec.attention.replace('_', '-')} attention"
