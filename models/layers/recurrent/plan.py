"""How a batch is shared out among the threads: directions first, then parts of its rows."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.kernels.recurrent.rows import Rows

LEAST_ROWS = 8
"""Fewer rows than this do not fill a matrix product: so many stay together."""

CACHE = 1 << 20
"""Bytes of gates that a chunk should not exceed, so that it stays in a core's cache."""

SHORTEST, LONGEST = 8, 32
"""Steps of a chunk."""


@dataclass(frozen=True)
class Sizes:
    """Of a layer.

    Attributes:
        cell: of `models.kernels.recurrent.chunk`.
        gates: blocks of `units` columns in the kernels.
        states: state tensors.
        units: of a state.
        time_checkpoint: steps between the states that are kept; None: all is kept.
    """

    cell: int
    gates: int
    states: int
    units: int
    time_checkpoint: int | None


@dataclass(frozen=True)
class Part:
    """Some rows of a batch, read in one direction: what one thread does.

    Attributes:
        direction: 0, or 1 for the second of two.
        rows: of the batch.
        chunk: steps of a chunk.
        time: steps of the batch.
        sizes: of the layer.
    """

    direction: int
    rows: Rows
    chunk: int
    time: int
    sizes: Sizes

    @property
    def borders(self) -> tuple[int, int, int, int]:
        """Shape of the states at the borders of the chunks."""
        sizes, rows = self.sizes, self.rows
        return len(rows.counts) + 1, sizes.states, len(rows.order), sizes.units

    @functools.cached_property
    def lengths(self) -> tuple[int, int]:
        """Floats of all gates, and of all states, of the chunks together."""
        counts = self.rows.counts
        steps = np.minimum(self.chunk, self.time - self.chunk * np.arange(len(counts)))
        return self._floats(int(steps @ counts), int((steps + 1) @ counts))

    @property
    def one_chunk(self) -> tuple[int, int]:
        """The same of a single chunk, the largest."""
        rows, steps = int(self.rows.counts.max(initial=0)), min(self.chunk, self.time)
        return self._floats(steps * rows, (steps + 1) * rows)

    def _floats(self, steps: int, states: int) -> tuple[int, int]:
        units = self.sizes.units
        gates = self.sizes.gates if self.sizes.gates > 1 else 0  # of one gate h says all
        return steps * gates * units, states * units


def plan(
    sizes: Sizes, mask: np.ndarray, batch: int, time: int, backwards: tuple[bool, ...], threads: int
) -> list[Part]:
    """Shares out; what was asked last is remembered, for the way back and for the next layer.

    Args:
        sizes: of the layer.
        mask: bool `[batch, time]`; `[0, 0]` for none.
        batch: rows.
        time: steps.
        backwards: of each direction, whether it reads time backwards.
        threads: how many run at a time.
    """
    return _planned(sizes, mask.tobytes(), mask.shape, batch, time, backwards, threads)


@functools.lru_cache(maxsize=16)
def _planned(
    sizes: Sizes,
    content: bytes,
    shape: tuple[int, int],
    batch: int,
    time: int,
    backwards: tuple[bool, ...],
    threads: int,
) -> list[Part]:
    from models.kernels.recurrent.rows import Rows

    mask = np.frombuffer(content, bool).reshape(shape).copy()  # the kernels want one of their own
    nothing = np.zeros((0, 0), bool)
    real = mask if mask.size else nothing
    ends = np.full(batch, time)
    if mask.size:
        ends = np.where(mask.any(1), time - mask[:, ::-1].argmax(1), 0)
        if (mask.sum(1) == ends).all():
            real = nothing  # all padding is on the right: the ends say it all
    order = np.argsort(-ends, kind="stable")
    parts = max(1, min(threads // len(backwards), batch // LEAST_ROWS))
    found = []
    for direction, reverse in enumerate(backwards):
        for part in range(parts):
            mine = np.ascontiguousarray(order[part::parts])  # long and short ones for everybody
            active = np.searchsorted(-ends[mine], -np.arange(time), side="left")
            first = _first(mask, ends, reverse)[mine]
            chunk = sizes.time_checkpoint or _chunk(len(mine), sizes)
            # Of the steps of a chunk the earliest in time has the most rows.
            steps = np.arange(0, time, chunk)
            earliest = np.maximum(time - steps - chunk, 0) if reverse else steps
            rows = Rows(mine, active, first, real, active[earliest])
            found.append(Part(direction, rows, chunk, time, sizes))
    return found


def _first(mask: np.ndarray, ends: np.ndarray, backwards: bool) -> np.ndarray:
    """The first real step of each row, in the order of reading; the number of steps for none."""
    time = mask.shape[1]
    if not mask.size:
        return np.zeros_like(ends)
    if backwards:
        return time - ends
    return np.where(ends > 0, mask.argmax(1), time)


def _chunk(rows: int, sizes: Sizes) -> int:
    step = 4 * max(rows, 1) * sizes.gates * sizes.units
    return int(np.clip(CACHE // step, SHORTEST, LONGEST))
