"""When, on the way through a sequence, each symbol of the answer was heard."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.evaluation.figures.attention import SHADES
from pipelines.evaluation.figures.style import (
    BLUE,
    GREEN,
    GREY,
    RED,
    blank,
    headline,
    legible,
    styled,
)

Spelled = tuple[Sequence[str], np.ndarray, str]
"""What each step says ("" for nothing), the probability it gives to that, and the truth."""

Attended = tuple[Sequence[str], np.ndarray, str]
"""The symbols written, the weights `[symbols, steps]` they were written by, and the truth."""

LONGEST = 60
MOST_NAMES = 12
"""Symbols beside a panel; of more only some are named."""

HEIGHT = 1.7  # inches of a panel


@styled
def spelled_steps(examples: Sequence[Spelled]) -> Figure:
    """Probabilities over time of a network that labels its own steps (CTC).

    Args:
        examples: at least one.
    """
    figure = _panels("What each step says: a symbol (blue) or nothing (grey)", len(examples))
    for axes, (names, scores, truth) in zip(figure.axes, examples, strict=True):
        steps = np.arange(1, len(names) + 1)
        silent = np.array([not name for name in names], bool)
        axes.bar(steps[silent], scores[silent], 1.0, color="#E4E4E4")
        axes.bar(steps[~silent], scores[~silent], 1.0, color=BLUE)
        runs = stretches(names)
        for name, first, last in runs:
            middle, top = (first + last) / 2 + 1, scores[first : last + 1].max()
            axes.text(middle, top + 0.03, legible(name, 8), ha="center", va="bottom")
        axes.set(ylim=(0, 1.3), yticks=(0, 1), ylabel="probability", xlim=(0, len(names) + 1))
        _title(axes, [name for name, _, _ in runs], truth)
    return figure


@styled
def attended_steps(examples: Sequence[Attended]) -> Figure:
    """The steps that each written symbol was heard at, by attention.

    Args:
        examples: at least one.
    """
    figure = _panels("Where each symbol was heard", len(examples))
    for axes, (names, weights, truth) in zip(figure.axes, examples, strict=True):
        axes.grid(visible=False)
        if names:
            image = axes.imshow(weights, cmap=SHADES, aspect="auto", vmin=0, interpolation="none")
            image.set_extent((0.5, weights.shape[1] + 0.5, len(names) - 0.5, -0.5))
        every = max(1, -(-len(names) // MOST_NAMES))
        shown = range(0, len(names), every)
        axes.set_yticks(shown, [legible(names[row], 8) for row in shown])
        _title(axes, names, truth)
    return figure


def _panels(title: str, count: int) -> Figure:
    """Empty panels, one above the other, over steps."""
    figure = blank(0.7 + HEIGHT * count)
    figure.subplots(count, 1)
    figure.axes[-1].set_xlabel("step")
    headline(figure, title)
    return figure


def stretches(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """What the steps spell: each symbol once, with the first and the last step that says it.

    Args:
        names: what each step says, "" for nothing.
    """
    spelled, start = [], 0
    for name, group in itertools.groupby(names):
        end = start + sum(1 for _ in group)
        if name:
            spelled.append((name, start, end - 1))
        start = end
    return spelled


def _title(axes: Axes, written: Sequence[str], truth: str) -> None:
    answer = " ".join(written)
    if answer == truth:
        axes.set_title(f"✓ {legible(answer, LONGEST)}", color=GREEN)
    else:
        wrong = (
            f"✗ written {legible(answer or '(nothing)', LONGEST)}, said {legible(truth, LONGEST)}"
        )
        axes.set_title(wrong, color=RED)
    axes.tick_params(colors=GREY)
