"""A recurrent layer on arrays: both directions and all rows in one call of the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from models.kernels.compiled import kernels
from models.layers.recurrent import workers
from models.layers.recurrent.plan import Part, Sizes, plan
from models.layers.recurrent.workspace import Borrowed

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Direction:
    """What one direction computes with.

    Attributes:
        kernel: W, float32 `[features, gates * units]`.
        recurrent_kernel: U, float32 `[units, gates * units]`.
        bias: float32 `[1 or 2, gates * units]`.
        dropped: masks of recurrent dropout, float32 `[masks, batch, units]`.
        states: before the first step, float32 `[batch, units]` each.
    """

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    dropped: np.ndarray
    states: tuple[np.ndarray, ...]

    FIELDS = 4
    """Arrays before the states."""


@dataclass(frozen=True)
class Call:
    """The calls of a layer, forward and backward.

    Attributes:
        sizes: of the layer.
        backwards: of each direction, whether it reads time backwards.
        sequences: whether the outputs of all steps are wanted.
        keep: whether the pass forward keeps its activations; else the way back computes them again.
        zero_masked: whether the output of a masked step is zero.
        workspace: lends the buffers.
    """

    sizes: Sizes
    backwards: tuple[bool, ...]
    sequences: bool
    keep: bool
    zero_masked: bool
    workspace: Borrowed

    @property
    def outputs(self) -> int:
        """Arrays that the pass forward returns, but for what it keeps."""
        return self.sequences + self.sizes.states * len(self.backwards)

    @property
    def arrays(self) -> int:
        """Arrays of a direction."""
        return Direction.FIELDS + self.sizes.states

    def forward(self, x: np.ndarray, mask: np.ndarray, *given: np.ndarray) -> list[np.ndarray]:
        """The pass forward.

        Args:
            x: float32 `[batch, time, features]`.
            mask: bool `[batch, time]`, or `[0, 0]` for none.
            *given: of each direction the fields of `Direction`.

        Returns:
            The outputs, float32 `[batch, time, directions * units]`, if they are wanted; of each
            direction the last states, float32 `[batch, units]` each; at the end, flat, what the
            way back needs.
        """
        directions, parts = self._directions(given), self._parts(x, mask)
        batch, time, _ = x.shape
        width = self.sizes.units * len(directions)
        out = self.workspace.take(batch, time if self.sequences else 0, width)
        kept = self.workspace.take(sum(self._sizes_of(part) for part in parts))
        last = [[np.empty_like(state) for state in one.states] for one in directions]
        jobs = [
            partial(self._forward, part, directions[at], x, lent, out, last[at])
            for part, lent in zip(parts, self._lend(parts, kept), strict=True)
            for at in (part.direction,)
        ]
        workers.run(jobs)
        states = [state for one in last for state in one]
        return [*([out] if self.sequences else []), *states, kept]

    def backward(
        self, kept: np.ndarray, x: np.ndarray, mask: np.ndarray, *given: np.ndarray
    ) -> list[np.ndarray]:
        """The pass backward.

        Args:
            kept: of the pass forward.
            x: as of the pass forward.
            mask: likewise.
            *given: likewise, and then the gradients of what the pass forward returned but `kept`.

        Returns:
            The gradients of x, and of each direction those of kernel, recurrent kernel, bias and
            states.
        """
        count = self.arrays * len(self.backwards)
        directions, gradients = self._directions(given[:count]), list(given[count:])
        d_out = gradients.pop(0) if self.sequences else np.empty((0, 0, 0), np.float32)
        d_last = np.reshape(gradients, (len(directions), self.sizes.states, *gradients[0].shape))
        d_first = np.empty_like(d_last)
        parts = self._parts(x, mask)
        lent = self._lend(parts, kept)
        d_xs = [self.workspace.take(*x.shape) for _ in directions]
        weights: list[Any] = [None] * len(parts)

        def work(place: int, part: Part) -> None:
            which, order = part.direction, part.rows.order
            d_states = d_last[which].take(order, axis=1)
            weights[place] = self._backward(
                part, directions[which], x, lent[place], d_out, d_states, d_xs[which]
            )
            d_first[which][:, order] = d_states

        workers.run([partial(work, place, part) for place, part in enumerate(parts)])
        for other in d_xs[1:]:
            d_xs[0] += other
        found = [d_xs[0]]
        for which in range(len(directions)):
            mine = [w for w, part in zip(weights, parts, strict=True) if part.direction == which]
            # Always in the same order, so that the sum is the same to the bit.
            found += [sum(same[1:], same[0]) for same in zip(*mine, strict=True)]
            found += [*d_first[which]]
        return found

    def _forward(
        self, part: Part, one: Direction, x: np.ndarray, kept: Any, out: np.ndarray, last: Arrays
    ) -> None:
        order = part.rows.order
        for k, state in enumerate(one.states):
            kept.borders[0, k] = state[order]
        kernels().sequence.forward(
            *self._common(part, one, x, kept), out, part.direction * self.sizes.units
        )
        for k, state in enumerate(last):
            state[order] = kept.borders[-1, k]

    def _backward(
        self,
        part: Part,
        one: Direction,
        x: np.ndarray,
        kept: Any,
        d_out: np.ndarray,
        d_states: np.ndarray,
        d_x: np.ndarray,
    ) -> Any:
        """Writes `d_states` and `d_x`; returns the gradients of the weights."""
        given = (one.kernel, one.recurrent_kernel, one.bias)
        weights = kernels().sequence.Weights(*map(np.empty_like, given))
        column = part.direction * self.sizes.units
        common = self._common(part, one, x, kept)
        kernels().sequence.backward(*common, d_out, column, d_states, d_x, weights)
        return weights

    def _common(self, part: Part, one: Direction, x: np.ndarray, kept: Any) -> tuple[Any, ...]:
        """What both kernels are given first."""
        weights = kernels().sequence.Weights(one.kernel, one.recurrent_kernel, one.bias)
        how = (self.sizes.cell, self.backwards[part.direction], part.chunk)
        given = (x, weights, one.dropped, part.rows, kept)
        return (*how, self.keep, self.zero_masked, *given)

    def _directions(self, given: Arrays) -> list[Direction]:
        every = range(0, len(given), self.arrays)
        groups = (given[start : start + self.arrays] for start in every)
        return [
            Direction(*group[: Direction.FIELDS], states=tuple(group[Direction.FIELDS :]))
            for group in groups
        ]

    def _parts(self, x: np.ndarray, mask: np.ndarray) -> list[Part]:
        batch, time, _ = x.shape
        return plan(self.sizes, mask, batch, time, self.backwards, workers.threads())

    def _sizes_of(self, part: Part) -> int:
        gates, states = part.lengths if self.keep else (0, 0)
        cells = states if self.sizes.gates > 1 else 0
        return int(np.prod(part.borders)) + gates + states + cells

    def _lend(self, parts: Sequence[Part], kept: np.ndarray) -> list[Any]:
        """The arrays of each part: its places in `kept`, or room for one chunk."""
        kind, found, at = kernels().sequence.Kept, [], 0
        for part in parts:
            borders = int(np.prod(part.borders))
            gates, states = part.lengths if self.keep else part.one_chunk
            cells = states if self.sizes.gates > 1 else 0
            mine = kept[at + borders : at + self._sizes_of(part)]
            if not self.keep:
                mine = self.workspace.take(gates + states + cells)
            first = kept[at : at + borders].reshape(part.borders)
            rest = np.split(mine, [gates, gates + states])
            found.append(kind(first, *rest))
            at += self._sizes_of(part)
        return found
