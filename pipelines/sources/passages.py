"""Long documents -> passages, and parts of a document -> splits: cut where a line ends.

A document is what belongs together, so it is in one split. Only where there are fewer documents
than splits is each of them divided, so that what is held out lies behind what is trained on.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

Rows = dict[str, list[Any]]


def in_passages(rows: Rows, column: str, steps: int) -> Rows:
    """Rows of documents -> a row for each of their passages.

    Args:
        rows: name -> values.
        column: name of the documents; the others are repeated.
        steps: as of `cut`.
    """
    passages = [cut(document, steps) for document in rows[column]]
    return {
        name: [
            part if name == column else value
            for value, parts in zip(values, passages, strict=True)
            for part in parts
        ]
        for name, values in rows.items()
    }


def divided(rows: Rows, column: str, shares: Mapping[str, float]) -> dict[str, Rows]:
    """Rows of documents -> the parts of each in the splits.

    Args:
        rows: name -> values.
        column: name of the documents; the others are repeated.
        shares: as of `divide`.
    """
    parts = [divide(document, shares) for document in rows[column]]
    return {
        split: {**rows, column: [part[split] for part in parts]} for split in ("train", *shares)
    }


def cut(text: str, steps: int) -> list[str]:
    """Contiguous passages, each as long as it can be; nothing is lost and nothing added.

    Args:
        text: of a document.
        steps: characters of a passage, and one more for the token before the first of them.

    Returns:
        Passages of less than `steps` characters, which end with a line; within one where a line
        is longer than that.
    """
    passages, start = [], 0
    while start < len(text):
        end = _border(text, start, start + steps - 1)
        passages.append(text[start:end])
        start = end
    return passages


def divide(text: str, shares: Mapping[str, float]) -> dict[str, str]:
    """A document in one contiguous part for each split, `train` first.

    Args:
        text: of a document.
        shares: held-out split -> its share of all; what remains is `train`.

    Returns:
        Split -> its part; "" where the document is too short for all.
    """
    sizes = {"train": 1.0 - sum(shares.values()), **shares}
    parts, start = {}, 0
    for split, share in zip(sizes, itertools.accumulate(sizes.values()), strict=True):
        end = max(start, _border(text, start, round(len(text) * share)))
        parts[split] = text[start:end]
        start = end
    return parts


def _border(text: str, start: int, end: int) -> int:
    """Where the last line ends that ends in a stretch; the end of the stretch where none does."""
    return end if end >= len(text) else text.rfind("\n", start, end) + 1 or end
