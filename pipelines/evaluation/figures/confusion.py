"""Which classes are taken for which."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import INK, WIDTH, blank, headline, legible, styled

MOST_CLASSES = 40
"""More cannot be distinguished; those with the most mistakes are shown then."""

MOST_WITH_COUNTS = 12
MOST_WITH_NUMBERS = 25
LONGEST_NAME = 22


@styled
def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, names: tuple[str, ...]) -> Figure:
    """Counts of true against predicted classes, coloured by their share of the true class.

    Args:
        labels: true classes, int64 [N], N > 0.
        predicted: int64 [N].
        names: of the classes.
    """
    size = len(names)
    matrix = np.bincount(labels * size + predicted, minlength=size * size).reshape(size, size)
    wrong = matrix * (1 - np.eye(size, dtype=np.int64))
    shown = np.arange(size)
    if size > MOST_CLASSES:
        mistakes = wrong.sum(axis=0) + wrong.sum(axis=1)
        shown = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])
    part = matrix[np.ix_(shown, shown)]
    share = part / np.maximum(matrix.sum(axis=1)[shown], 1)[:, None]

    figure = blank(height=float(np.clip(2.6 + 0.5 * len(shown), 4.2, WIDTH)))
    axes = figure.subplots()
    axes.grid(False)
    picture = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    small = 10 if len(shown) <= MOST_WITH_COUNTS else 7 if len(shown) <= MOST_WITH_NUMBERS else 6
    written = [legible(names[i], LONGEST_NAME) for i in shown]
    turned = 0 if len(shown) <= 4 else 45 if len(shown) <= MOST_WITH_NUMBERS else 90
    axes.set_xticks(
        range(len(shown)),
        written,
        fontsize=small,
        rotation=turned,
        ha="right" if turned else "center",
        va="center" if turned == 90 else "top",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(len(shown)), written, fontsize=small)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.spines[:].set_visible(False)
    if len(shown) <= MOST_WITH_NUMBERS:
        _numbers(axes, part, share, with_counts=len(shown) <= MOST_WITH_COUNTS)
    bar = figure.colorbar(picture, ax=axes, format="{x:.0%}")
    bar.outline.set_visible(False)
    bar.set_label("share of the true class")
    headline(figure, _summary(matrix, wrong, names, len(shown)))
    return figure


def _numbers(axes: Axes, counts: np.ndarray, share: np.ndarray, *, with_counts: bool) -> None:
    """Count and share in each cell; the share alone in % where there is room for no more."""
    size = 10 if len(counts) <= 6 else 7.5 if with_counts else 6.5
    for (row, column), count in np.ndenumerate(counts):
        if count == 0 and not with_counts:
            continue
        percent = 100 * share[row, column]
        axes.text(
            column,
            row,
            f"{count:,}\n{percent:.0f} %" if with_counts else f"{percent:.0f}",
            ha="center",
            va="center",
            fontsize=size,
            color="white" if share[row, column] > 0.55 else INK,
        )


def _summary(matrix: np.ndarray, wrong: np.ndarray, names: tuple[str, ...], shown: int) -> str:
    right = 100 * matrix.trace() / matrix.sum()
    summary = f"{right:.1f} % right"
    if wrong.any():
        row, column = np.unravel_index(wrong.argmax(), wrong.shape)
        true, taken = legible(names[row], LONGEST_NAME), legible(names[column], LONGEST_NAME)
        summary += f"; most often '{true}' is taken for '{taken}' ({wrong.max():,} ×)"
    if shown < len(names):
        summary += f"\nThe {shown} of {len(names)} classes with the most mistakes"
    return summary
