"""Sequences of different lengths in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ragged:
    """Sequences of different lengths, concatenated.

    Attributes:
        values: `[sum of lengths, ...]`.
        splits: int64 `[n + 1]`, start of each sequence, and the end of the last.
        fill: padding value.
    """

    values: np.ndarray
    splits: np.ndarray
    fill: float = 0

    @property
    def lengths(self) -> np.ndarray:
        """int64 `[n]`."""
        return np.diff(self.splits)

    def cut(self, length: int) -> Ragged:
        """The first `length` steps of each sequence."""
        kept = np.minimum(self.lengths, length)
        positions = np.arange(len(self.values)) - np.repeat(self.splits[:-1], self.lengths)
        values = self.values[positions < length]
        return Ragged(values, np.concatenate([[0], np.cumsum(kept)]), self.fill)

    def pad(self, rows: np.ndarray, length: int) -> np.ndarray:
        """Some of the sequences, padded on the right.

        Args:
            rows: int `[batch]`, their indices.
            length: of the result; none may be longer.

        Returns:
            `[batch, length, ...]`.
        """
        padded = np.full((len(rows), length, *self.values.shape[1:]), self.fill, self.values.dtype)
        begins, ends = self.splits[rows].tolist(), self.splits[rows + 1].tolist()
        for row, begin, end in zip(padded, begins, ends, strict=True):
            row[: end - begin] = self.values[begin:end]
        return padded


def joined(values: Sequence[Any]) -> Ragged | np.ndarray:
    """The concatenation of tensors: `Ragged` of ragged ones, an array of others."""
    if not hasattr(values[0], "row_lengths"):
        return np.concatenate([value.numpy() for value in values])
    lengths = np.concatenate([value.row_lengths().numpy() for value in values])
    splits = np.concatenate([[0], np.cumsum(lengths)])
    return Ragged(np.concatenate([value.values.numpy() for value in values]), splits)
