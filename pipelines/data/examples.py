"""Raw examples: columns of splits, and their provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SPLITS = ("train", "validation", "test")

Columns = dict[str, "np.ndarray"]
"""A split: one array per column, all of the same length. `pipelines.data.kinds.KINDS` defines the
array of each kind; sequences of steps have an additional column `lengths`, int32."""


@dataclass(frozen=True)
class Column:
    """A raw column that a task needs.

    Attributes:
        name: in the task, and of the setting that chooses it.
        kind: one of `pipelines.data.kinds.KINDS`.
        optional: whether it may be missing.
        aliases: common names of the column in users' files.
    """

    name: str
    kind: str
    optional: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """The origin of examples.

    Attributes:
        source: `embedded`, `canonical` or `yours`.
        name: the data set's name, or the file's.
        version: of the data set; empty if it has none.
        digest: SHA-256 (hex, 16 characters) over the content of all splits in order.
        licence: of the data, if known.
        removed: reason -> number of removed examples, such as {"empty text": 3}.
    """

    source: str
    name: str
    version: str
    digest: str
    licence: str = ""
    removed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Examples:
    """A data set in splits, raw.

    Attributes:
        splits: `train`, `validation` and `test`, each a dictionary of columns.
        labels: names of the classes in the order of their indices; empty without classes.
        provenance: of the examples.
    """

    splits: dict[str, Columns]
    labels: tuple[str, ...]
    provenance: Provenance

    def size(self, split: str) -> int:
        """The number of examples of a split."""
        return len(next(iter(self.splits[split].values())))
