"""Rows of a task's columns, as sources read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Rows = dict[str, list[Any]]
"""One split before encoding: a list per column of the task, all of the same length."""


@dataclass(frozen=True)
class Raw:
    """Rows in splits, and the number of removed ones.

    Attributes:
        name: of the data set or file.
        splits: `train`, and `validation` and `test` if the data have them.
        labels: the classes in their order, if the data define one; otherwise they are sorted.
        removed: reason -> number of rows that were removed so far.
    """

    name: str
    splits: Mapping[str, Rows]
    labels: tuple[str, ...] = ()
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Rows of all splits."""
        return sum(map(size, self.splits.values()))

    def updated(self, splits: Mapping[str, Rows], removed: Mapping[str, int] | None = None) -> Raw:
        """A copy with other rows in some splits, and more removed ones."""
        counts = dict(self.removed)
        for reason, count in (removed or {}).items():
            if count:
                counts[reason] = counts.get(reason, 0) + count
        return replace(self, splits={**self.splits, **splits}, removed=counts)

    def keep(self, split: str, positions: Sequence[int], reason: str) -> Raw:
        """A copy with only some rows of a split; the others are counted as removed."""
        rows = self.splits[split]
        if len(positions) == size(rows):
            return self
        return self.updated({split: take(rows, positions)}, {reason: size(rows) - len(positions)})


def size(rows: Rows) -> int:
    """The number of rows."""
    return len(next(iter(rows.values()), ()))


def take(rows: Rows, positions: Sequence[int]) -> Rows:
    """Some of the rows, in the order of the positions."""
    return {name: [values[i] for i in positions] for name, values in rows.items()}


def by_split(rows: Rows, splits: Sequence[str]) -> dict[str, Rows]:
    """The rows by split.

    Args:
        rows: of all splits.
        splits: the split of each row.
    """
    positions: dict[str, list[int]] = {}
    for position, split in enumerate(splits):
        positions.setdefault(split, []).append(position)
    return {split: take(rows, positions[split]) for split in positions}


def changed(rows: Rows, names: Sequence[str], change: Callable[[Any], Any]) -> Rows:
    """The rows with the values of some columns changed, one by one."""
    return {
        name: [change(value) for value in values] if name in names else values
        for name, values in rows.items()
    }
