"""Encoded examples -> batches, padded on the right to a few fixed lengths.

The examples of a split are encoded once, in the graph, and kept as ids. The order of an epoch
depends only on the seed and the epoch, so that a resumed training sees the same batches as an
uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from pipelines.data.examples import Columns
from pipelines.data.preprocessing import Preprocessing
from pipelines.data.ragged import Ragged

TARGET_STEPS = 8
"""Targets that are not aligned with the input are padded to a multiple of this."""


@dataclass(frozen=True)
class Encoded:
    """A split as the network receives it.

    Attributes:
        inputs: name -> sequences, or an array `[n, ...]`.
        targets: sequences, or an array `[n, ...]`.
        weights: float32 `[n]`.
        aligned: whether a target has one entry for each step of its input.
    """

    inputs: dict[str, Ragged | np.ndarray]
    targets: Ragged | np.ndarray
    weights: np.ndarray
    aligned: bool = False

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each example's longest input, int64 `[n]`.

        If no input is a sequence, those of its target, or else 1.
        """
        sequences = [x.lengths for x in self.inputs.values() if isinstance(x, Ragged)]
        if not sequences and isinstance(self.targets, Ragged):
            sequences = [self.targets.lengths]
        return np.max(sequences, axis=0) if sequences else np.ones(len(self), np.int64)


def encode(preprocessing: Preprocessing, columns: Columns) -> Encoded:
    """Encodes a split with the graph of the export.

    Args:
        preprocessing: of the run.
        columns: of the split.
    """
    inputs = preprocessing.input.encode_split(columns)
    targets, weights = preprocessing.output.targets(columns, inputs)
    return Encoded(inputs, targets, weights, preprocessing.outputs.aligned)


@dataclass(frozen=True)
class Batch:
    """The examples of one step.

    Attributes:
        inputs: name -> tensor, batch first.
        targets: batch first.
        weights: float32 `[batch]`.
        steps: number of real (not padded) steps.
    """

    inputs: dict[str, tf.Tensor]
    targets: tf.Tensor
    weights: tf.Tensor
    steps: int


class Batches:
    """A split in batches of similar length.

    Args:
        encoded: the split.
        edges: lengths that batches are padded to, ascending; the last holds the longest example.
        batch_size: examples in a batch.

    Raises:
        ValueError: an example is longer than the last edge.
    """

    def __init__(self, encoded: Encoded, edges: tuple[int, ...], batch_size: int):
        self.encoded = encoded
        self.edges = edges
        self.batch_size = batch_size
        self._lengths = encoded.lengths
        self._buckets = np.searchsorted(edges, self._lengths)
        if (self._buckets == len(edges)).any():
            longest = self._lengths.max()
            raise ValueError(f"an example of {longest} steps is longer than the edges {edges}")

    def __len__(self) -> int:
        return -(-len(self.encoded) // self.batch_size)

    def updates(self, window: int = 0) -> int:
        """Steps of the optimizer in an epoch, windows of padding included.

        Args:
            window: steps of a window of truncated back-propagation; 0 for the whole.
        """
        if not window:
            return len(self)
        return sum(-(-length // window) for _, length in self.plan(np.arange(len(self.encoded))))

    def plan(self, order: np.ndarray) -> list[tuple[np.ndarray, int]]:
        """The examples and the padded length of each batch.

        The rest of a bucket joins the next longer one, so that at most one batch of an epoch is
        smaller than the others and no example is dropped.

        Args:
            order: int `[n]`, a permutation of the examples.

        Returns:
            Rows and padded length of each batch, short ones first.
        """
        batches = []
        waiting = order[:0]
        for bucket, edge in enumerate(self.edges):
            waiting = np.concatenate([waiting, order[self._buckets[order] == bucket]])
            last = bucket == len(self.edges) - 1
            full = len(waiting) if last else len(waiting) // self.batch_size * self.batch_size
            for start in range(0, full, self.batch_size):
                batches.append((waiting[start : min(start + self.batch_size, full)], edge))
            waiting = waiting[full:]
        return batches

    def epoch(self, seed: int, epoch: int) -> Iterator[Batch]:
        """The batches of a training epoch: examples and batches shuffled.

        Args:
            seed: of the run.
            epoch: counted from 0.
        """
        random = np.random.default_rng([seed, epoch])
        batches = self.plan(random.permutation(len(self.encoded)))
        yield from self._serve([batches[i] for i in random.permutation(len(batches))])

    def once(self) -> Iterator[Batch]:
        """All examples once, short ones first, in a fixed order."""
        yield from self._serve(self.plan(np.argsort(self._lengths, kind="stable")))

    def _serve(self, batches: list[tuple[np.ndarray, int]]) -> Iterator[Batch]:
        # Not prefetched: padding a batch takes 0.2 ms, and a step leaves no core idle. tf.data
        # took 1 to 4 ms, because it calls Python for each batch.
        for rows, length in batches:
            inputs = {
                name: tf.convert_to_tensor(_padded(x, rows, length))
                for name, x in self.encoded.inputs.items()
            }
            targets = tf.convert_to_tensor(self._targets(rows, length))
            weights = tf.convert_to_tensor(self.encoded.weights[rows])
            yield Batch(inputs, targets, weights, int(self._lengths[rows].sum()))

    def _targets(self, rows: np.ndarray, length: int) -> np.ndarray:
        targets = self.encoded.targets
        if isinstance(targets, Ragged) and not self.encoded.aligned:
            longest = int(targets.lengths[rows].max())
            length = -(-longest // TARGET_STEPS) * TARGET_STEPS
        return _padded(targets, rows, length)


def _padded(values: Ragged | np.ndarray, rows: np.ndarray, length: int) -> np.ndarray:
    return values.pad(rows, length) if isinstance(values, Ragged) else values[rows]
