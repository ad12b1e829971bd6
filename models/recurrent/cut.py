"""A batch of sequences cut into shards of rows and chunks of time, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from models.tensors import Tensor

ROWS = 8
"""The rows of a shard are a multiple of this: a smaller last batch of an epoch then seldom means
another compilation."""


@dataclass(frozen=True)
class Cut:
    """How a batch is cut.

    Attributes:
        batch: rows of the batch.
        time: steps of the batch.
        shards: parts of the rows.
        chunk: steps of a chunk.
    """

    batch: int | Tensor
    time: int | Tensor
    shards: int
    chunk: int | Tensor

    @property
    def chunks(self) -> int | Tensor:
        """Number of chunks, the last of which may be filled in part."""
        return _at_least_one(-(-self.time // self.chunk))

    @property
    def rows(self) -> int | Tensor:
        """Rows of a shard, rounded up."""
        rows = _at_least_one(-(-self.batch // self.shards))
        return -(-rows // ROWS) * ROWS

    def split(self, values: Tensor) -> list[Tensor]:
        """`[batch, time, ...]` -> of each shard `[chunks * chunk, rows, ...]`."""
        missing = self.chunks * self.chunk - self.time
        rest = [[0, 0]] * (len(values.shape) - 2)
        values = tf.pad(values, [[0, self.rows * self.shards - self.batch], [0, missing], *rest])
        turned = [1, 0, *range(2, len(values.shape))]
        return [tf.transpose(part, turned) for part in self._parts(values)]

    def join(self, parts: Sequence[Tensor]) -> Tensor:
        """The reverse of `split`, for `[chunks * chunk, rows, features]`."""
        whole = tf.concat([tf.transpose(part, [1, 0, 2]) for part in parts], 0)
        return whole[: self.batch, : self.time]

    def split_rows(self, values: Tensor) -> list[Tensor]:
        """`[batch, features]` -> of each shard `[rows, features]`."""
        return self._parts(tf.pad(values, [[0, self.rows * self.shards - self.batch], [0, 0]]))

    def join_rows(self, parts: Sequence[Tensor]) -> Tensor:
        """The reverse of `split_rows`."""
        return tf.concat(parts, 0)[: self.batch]

    def _parts(self, values: Tensor) -> list[Tensor]:
        rows = self.rows
        return [values[shard * rows : (shard + 1) * rows] for shard in range(self.shards)]


def _at_least_one(number: int | Tensor) -> int | Tensor:
    return max(number, 1) if isinstance(number, int) else tf.maximum(number, 1)
