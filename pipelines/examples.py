"""Raw examples, as every source hands them over: columns of splits, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SPLITS = ("train", "validation", "test")

Columns = dict[str, "np.ndarray"]
"""A split: one array per column, all of the same length. Columns of kind `text`, `document` (by
then cut to passages) and `target` are object arrays of str, `audio` of bytes, `features` of float32
arrays `[time, width]`, with a column `lengths`, int32, beside; `label` columns are int64 indices
into `Examples.labels`, numbers float32.
"""


@dataclass(frozen=True)
class Provenance:
    """Where examples came from.

    Attributes:
        source: `embedded`, `canonical` or `yours`.
        name: the data set's name, or the file's.
        version: of the data set; empty where it has none.
        digest: SHA-256 (hex, 16 characters) over the content of all splits in order.
        licence: of the data, where known.
        removed: what was left out on the way and how many, such as {"empty text": 3}.
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
        labels: names of the classes in the order of their indices; empty where there are none.
        provenance: where they came from.
    """

    splits: dict[str, Columns]
    labels: tuple[str, ...]
    provenance: Provenance

    def size(self, split: str) -> int:
        """How many examples a split has."""
        return len(next(iter(self.splits[split].values())))
