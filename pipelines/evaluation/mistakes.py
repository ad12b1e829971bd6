"""Where a text classifier is wrong, for people to read."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

LONGEST = 160
"""Characters kept of a text."""

RIGHT = 5
"""Right answers shown below the mistakes."""


def mistakes(
    texts: Sequence[str],
    scores: np.ndarray,
    labels: np.ndarray,
    names: tuple[str, ...],
    count: int = 20,
) -> str:
    """The most confident mistakes and a few confident right answers, as Markdown tables.

    Args:
        texts: N raw texts.
        scores: float [N, C].
        labels: the true classes, int64 [N].
        names: of the C classes.
        count: mistakes at most.

    Returns:
        Markdown whose tables are aligned, so that it reads as plain text too.
    """
    predicted = scores.argmax(axis=1)
    confidence = scores.max(axis=1)
    by_confidence = np.argsort(-confidence, kind="stable")
    wrong = by_confidence[predicted[by_confidence] != labels[by_confidence]]
    right = by_confidence[predicted[by_confidence] == labels[by_confidence]]

    def table(chosen: np.ndarray) -> str:
        rows: list[tuple[str, ...]] = [
            (
                f"{100 * confidence[i]:.1f} %",
                names[predicted[i]],
                names[labels[i]],
                shorten(texts[i], LONGEST),
            )
            for i in chosen
        ]
        return _table(("confidence", "predicted", "true", "text"), rows)

    total = len(labels)
    share = f" ({100 * len(wrong) / total:.1f} %)" if total else ""
    parts = [f"# Mistakes\n\n{len(wrong):,} of {total:,}{share} are wrong."]
    if len(wrong):
        parts.append(f"## The most confident mistakes\n\n{table(wrong[:count])}")
    if len(right):
        parts.append(f"## The most confident right answers\n\n{table(right[:RIGHT])}")
    return "\n\n".join(parts) + "\n"


def shorten(text: str, longest: int) -> str:
    """A text on one line, cut between words where there are any, without control characters."""
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    if len(line) <= longest:
        return line
    cut = line[: longest - 2]
    at = cut.rfind(" ")
    if at > longest // 2:
        cut = cut[:at]
    return f"{cut} …"


def width(text: str) -> int:
    """Columns that a text takes in a terminal, where Chinese or an emoji takes two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; the first column is aligned right, the last one is not padded."""
    cells = [head, *(tuple(_escape(cell) for cell in row) for row in rows)]
    widths = [max(width(row[i]) for row in cells) for i in range(len(head) - 1)]
    lines = []
    for row in cells:
        first, *middle = (
            " " * (wide - width(cell)) + cell if i == 0 else cell + " " * (wide - width(cell))
            for i, (cell, wide) in enumerate(zip(row, widths, strict=False))
        )
        lines.append(f"| {' | '.join([first, *middle, row[-1]])} |")
    rule = [f"{'-' * (widths[0] - 1)}:", *("-" * wide for wide in widths[1:]), "----"]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def _escape(cell: str) -> str:
    """Text that Markdown would otherwise take for a column's border or for HTML."""
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "\\<")
