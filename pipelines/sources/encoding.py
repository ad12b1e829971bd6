"""Raw rows as arrays, their fingerprints, and the digest of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.examples import SPLITS, Columns
from pipelines.splits import fingerprint


def encode(rows: dict[str, list[Any]], kinds: dict[str, str], index: dict[str, int]) -> Columns:
    """The rows of a split as arrays.

    Args:
        rows: name -> values.
        kinds: name -> kind of the column.
        index: label -> its index.
    """
    columns: Columns = {}
    for name, values in rows.items():
        kind = kinds[name]
        if kind == "label":
            columns[name] = np.array([index[value] for value in values], np.int64)
        elif kind == "number":
            columns[name] = np.array(values, np.float32)
        else:
            # One by one, or NumPy would make a matrix of arrays that are equally long.
            columns[name] = np.empty(len(values), object)
            columns[name][:] = (
                [np.asarray(v, np.float32) for v in values] if kind == "features" else values
            )
        if kind == "features":
            columns["lengths"] = np.array([len(value) for value in values], np.int32)
    return columns


def digest(splits: dict[str, Columns], labels: Sequence[str]) -> str:
    """SHA-256 over the content of all splits in order, its first 16 hex characters.

    Args:
        splits: as in `Examples`.
        labels: as in `Examples`.
    """
    total = hashlib.sha256(repr(tuple(labels)).encode())
    for split in SPLITS:
        for name, values in sorted(splits[split].items()):
            total.update(f"{split}/{name}/{len(values)};".encode())
            if values.dtype == object:
                texts = [as_bytes(value) for value in values]
                # The lengths tell apart what would be equal once the texts are joined.
                total.update(np.array([len(text) for text in texts], np.int64).tobytes())
                total.update(b"".join(texts))
            else:
                total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()[:16]


def prints_of(rows: dict[str, list[Any]], wanted: list[str]) -> list[bytes]:
    """Fingerprints of rows: of some of their columns, or of all where the rows have none of these.

    Args:
        rows: name -> values.
        wanted: names of columns.
    """
    names = [name for name in wanted if name in rows] or list(rows)
    return [
        fingerprint(*map(_in_words, values))
        for values in zip(*(rows[n] for n in names), strict=True)
    ]


def as_bytes(value: Any) -> bytes:
    """The content of a text, of bytes or of an array."""
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else np.ascontiguousarray(value).tobytes()


def _in_words(value: Any) -> str:
    """A value that is no text by the digest of its content."""
    if isinstance(value, bytes | np.ndarray):
        return hashlib.blake2b(as_bytes(value), digest_size=16).hexdigest()
    return str(value)
