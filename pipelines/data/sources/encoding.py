"""Raw rows as arrays, and the digest of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from pipelines.data.examples import SPLITS, Column, Columns
from pipelines.data.kinds import KINDS, as_bytes
from pipelines.data.sources.rows import Rows


def encode(rows: Rows, columns: Sequence[Column], labels: Sequence[str]) -> Columns:
    """The rows of a split as arrays.

    Args:
        rows: of the split.
        columns: those that the rows have.
        labels: the classes in the order of their indices.
    """
    index = {label: i for i, label in enumerate(labels)}
    arrays: Columns = {}
    for column in columns:
        kind = KINDS[column.kind]
        arrays[column.name] = kind.array(rows[column.name], index)
        if kind.has_lengths:
            arrays["lengths"] = np.array(list(map(len, rows[column.name])), np.int32)
    return arrays


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
                # The lengths distinguish columns whose joined texts are equal.
                total.update(np.array([len(text) for text in texts], np.int64).tobytes())
                total.update(b"".join(texts))
            else:
                total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()[:16]
