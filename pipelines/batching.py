"""Encoded examples -> batches: right padding to a few fixed lengths, nothing left out.

The examples of a split are encoded once, in the graph, a batch at a time, and kept as ids. The
order of an epoch is a function of the seed and the epoch alone, so that a resumed training sees
what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines import raw
from pipelines.examples import Columns
from pipelines.ragged import Ragged, joined
from pipelines.task import Features

TARGET_STEPS = 8
"""Targets that have a length of their own are padded to a multiple of this."""


@dataclass(frozen=True)
class Encoded:
    """A split as the network takes it.

    Attributes:
        inputs: name -> sequences, or an array `[n, ...]`.
        targets: sequences, or an array `[n, ...]`.
        weights: float32 `[n]`.
    """

    inputs: dict[str, Ragged | np.ndarray]
    targets: Ragged | np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each example's longest input, int64 `[n]`; ones where nothing is a sequence."""
        sequences = [x.lengths for x in self.inputs.values() if isinstance(x, Ragged)]
        return np.max(sequences, axis=0) if sequences else np.ones(len(self), np.int64)


def encode(features: Features, columns: Columns) -> Encoded:
    """Encodes a split with the graph that the export will hold.

    Args:
        features: of the run.
        columns: of the split.
    """
    signature = features.signature()
    # One trace for any batch size: the signature leaves it open.
    graph = tf.function(lambda given: features.encode(given), input_signature=[signature])
    parts: dict[str, list[Any]] = {}
    targets, weights = features.targets(columns)
    for piece in raw.pieces(columns, signature):
        for name, value in graph(piece).items():
            parts.setdefault(name, []).append(value)
    return Encoded({name: joined(values) for name, values in parts.items()}, targets, weights)


@dataclass(frozen=True)
class Batch:
    """A step's worth of examples.

    Attributes:
        inputs: name -> tensor, batch first.
        targets: batch first.
        weights: float32 `[batch]`.
        steps: real (not padded) steps in it.
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
        targets = encoded.targets
        self._aligned = isinstance(targets, Ragged) and bool(
            np.array_equal(targets.lengths, self._lengths)
        )
        self._buckets = np.searchsorted(edges, self._lengths)
        if (self._buckets == len(edges)).any():
            longest = self._lengths.max()
            raise ValueError(f"an example of {longest} steps is longer than the edges {edges}")

    def __len__(self) -> int:
        return -(-len(self.encoded) // self.batch_size)

    def updates(self, window: int = 0) -> int:
        """Steps of the optimizer in an epoch; of windows, those that are all padding included.

        Args:
            window: steps of a window of truncated back-propagation; 0 for the whole.
        """
        if not window:
            return len(self)
        return sum(-(-length // window) for _, length in self.plan(np.arange(len(self.encoded))))

    def plan(self, order: np.ndarray) -> list[tuple[np.ndarray, int]]:
        """Which examples make up which batch, and how long it is.

        What is left of a bucket joins the next longer one, so that a single batch of an epoch
        can be smaller than the others and none is dropped.

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
        # In the loop and not ahead of it: a batch is padded in 0.2 ms, and a step leaves no core
        # idle for that. Through tf.data, which calls Python for each batch, it took 1 ms to 4.
        for rows, length in batches:
            inputs = {
                name: tf.convert_to_tensor(_taken(x, rows, length))
                for name, x in self.encoded.inputs.items()
            }
            targets = tf.convert_to_tensor(self._targets(rows, length))
            weights = tf.convert_to_tensor(self.encoded.weights[rows])
            yield Batch(inputs, targets, weights, int(self._lengths[rows].sum()))

    def _targets(self, rows: np.ndarray, length: int) -> np.ndarray:
        targets = self.encoded.targets
        if isinstance(targets, Ragged) and not self._aligned:
            longest = int(targets.lengths[rows].max())
            length = -(-longest // TARGET_STEPS) * TARGET_STEPS
        return _taken(targets, rows, length)


def _taken(values: Ragged | np.ndarray, rows: np.ndarray, length: int) -> np.ndarray:
    return values.pad(rows, length) if isinstance(values, Ragged) else values[rows]
