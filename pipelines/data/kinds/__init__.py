"""The kinds of raw columns, with all that sources need to know, in one table.

A new kind is a new entry of `KINDS`; no other code depends on the kind of a column.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from pipelines.data.examples import Column
from pipelines.data.kinds import cutting
from pipelines.data.kinds.images import SUFFIXES
from pipelines.data.splits import normalised

Role = Literal["input", "label", "target", "number", "group"]
"""The purpose of a column: an input of the network, a class, a target text, an additional number,
or a group whose examples share a split."""

Stored = Literal["class", "text", "string", "number", "words", "classes", "audio", "steps", "image"]
"""How TFDS stores a feature, see `pipelines.data.sources.prepared.stored_as`."""

MOST_CLASSES = 100
LONGEST_LABEL = 50
WORDS_OF_A_TEXT = 3


class Cells:
    """A whole column of a table; its first cells are not enough, as a file may be sorted.

    Args:
        values: its cells; blank ones are ignored.
    """

    def __init__(self, values: Iterable[str]):
        self.filled = [value for value in values if value.strip()]

    @cached_property
    def distinct(self) -> set[str]:
        """The different cells."""
        return set(self.filled)

    def look_like_labels(self) -> bool:
        """Whether these are a few short values that repeat."""
        few = 2 <= len(self.distinct) <= min(MOST_CLASSES, len(self.filled) // 2)
        return few and all(len(value) <= LONGEST_LABEL for value in self.distinct)

    def look_like_texts(self) -> bool:
        """Whether these are mostly different values of several words."""
        if not self.filled or len(self.distinct) <= len(self.filled) // 2:
            return False
        words = sum(value.count(" ") + 1 for value in self.distinct) / len(self.distinct)
        return words >= WORDS_OF_A_TEXT

    def look_like_images(self) -> bool:
        """Whether these are names of image files."""
        return bool(self.filled) and all(v.lower().endswith(SUFFIXES) for v in self.distinct)


@dataclass(frozen=True)
class Cut:
    """How long values become several examples, after the split.

    Attributes:
        setting: of the data: the length of a segment.
        segments: value, that length and whether it is for training -> segments, and the number of
            dropped rests.
        divide: value, shares of the held-out splits -> a part for each split, used if there are
            fewer values than splits; None where values are never divided.
    """

    setting: str
    segments: Callable[[Any, int, bool], tuple[list[Any], int]]
    divide: Callable[[Any, Mapping[str, float]], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Kind:
    """The properties of a kind of column.

    Attributes:
        role: purpose of the column.
        array: values, and the index of each label -> the column of a split.
        is_blank: whether a value is empty, so that its row is removed.
        identity: a string that is equal for values that count as equal.
        cells: whether a column of a table looks like it; None where a table cannot contain it.
        stored: how TFDS stores features that are used for it.
        also_stored: likewise for features that are chosen, or named like the column.
        may_be_blank: whether an optional column may be blank in some rows.
        has_lengths: whether it has an additional column `lengths`.
        cut: how long values are cut; None where they are not.
    """

    role: Role
    array: Callable[[Sequence[Any], Mapping[str, int]], np.ndarray]
    is_blank: Callable[[Any], bool]
    identity: Callable[[Any], str]
    cells: Callable[[Cells], bool] | None
    stored: tuple[Stored, ...]
    also_stored: tuple[Stored, ...] = ()
    may_be_blank: bool = False
    has_lengths: bool = False
    cut: Cut | None = None


def of_role(columns: Iterable[Column], role: Role) -> list[Column]:
    """The columns with that role, in their order."""
    return [column for column in columns if KINDS[column.kind].role == role]


def as_bytes(value: Any) -> bytes:
    """The content of a text, of bytes or of an array."""
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else np.ascontiguousarray(value).tobytes()


def _digest(value: Any) -> str:
    return hashlib.blake2b(as_bytes(value), digest_size=16).hexdigest()


def _objects(values: Sequence[Any], index: Mapping[str, int]) -> np.ndarray:
    """The values unchanged, object `[n]`."""
    del index
    # Assigned to an existing array, or NumPy would create a matrix of arrays of equal length.
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _steps(values: Sequence[Any], index: Mapping[str, int]) -> np.ndarray:
    """Float32 `[time, width]` each, object `[n]`."""
    return _objects([np.asarray(value, np.float32) for value in values], index)


def _indices(values: Sequence[Any], index: Mapping[str, int]) -> np.ndarray:
    """Indices of the labels, int64 `[n]`."""
    return np.array([index[value] for value in values], np.int64)


def _numbers(values: Sequence[Any], index: Mapping[str, int]) -> np.ndarray:
    """Float32 `[n]`."""
    del index
    return np.array(values, np.float32)


def _is_blank(value: Any) -> bool:
    return not len(value) or (isinstance(value, str | bytes) and value.isspace())


def _is_not_finite(value: float) -> bool:
    return not math.isfinite(value)


def _never(cells: Cells) -> bool:
    """For columns that are recognised only by their name."""
    del cells
    return False


PASSAGES = Cut("passage", cutting.passages, cutting.divide)
WINDOWS = Cut("window", cutting.windows)

KINDS: dict[str, Kind] = {
    "text": Kind(
        "input",
        _objects,
        _is_blank,
        normalised,
        Cells.look_like_texts,
        ("text", "string", "words"),
        may_be_blank=True,
    ),
    "document": Kind(
        "input", _objects, _is_blank, normalised, Cells.look_like_texts, ("text",), cut=PASSAGES
    ),
    "audio": Kind("input", _objects, _is_blank, _digest, _never, ("audio",)),
    "image": Kind("input", _objects, _is_blank, _digest, Cells.look_like_images, ("image",)),
    "steps": Kind("input", _steps, _is_blank, _digest, None, ("steps",), has_lengths=True),
    "readings": Kind(
        "input", _steps, _is_blank, _digest, None, ("steps",), has_lengths=True, cut=WINDOWS
    ),
    "label": Kind("label", _indices, _is_blank, normalised, Cells.look_like_labels, ("class",)),
    "target": Kind(
        "target",
        _objects,
        _is_blank,
        normalised,
        Cells.look_like_texts,
        ("text", "string", "classes"),
        also_stored=("class",),
    ),
    "number": Kind("number", _numbers, _is_not_finite, str, _never, ("number",)),
    "group": Kind(
        "group",
        _objects,
        _is_blank,
        normalised,
        _never,
        (),
        also_stored=("class", "text", "string"),
    ),
}
"""Name -> properties: `text` (str), `document` (str, long), `audio` (bytes of a WAV file),
`image` (bytes of a PNG or JPEG file), `steps` (float32 `[time, width]`), `readings` (the same,
long), `label` (str, in the end the index of a class), `target` (str), `number`, `group` (str)."""
