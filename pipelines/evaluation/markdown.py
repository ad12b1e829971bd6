"""Texts and tables as people read them, in Markdown and in a terminal."""

from __future__ import annotations

import unicodedata


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


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
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
