"""Length buckets: the few widths that batches are padded to.

A batch is as wide as the bucket it comes from, so each example of length `l` costs the smallest
edge that is at least `l`. Few edges mean few shapes to trace and compile; well-placed edges mean
little padding. Where they should lie is a one-dimensional clustering problem, which dynamic
programming solves exactly (Bellman 1973, "A note on cluster analysis and dynamic programming").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_CANDIDATES = 512


def bucket_edges(lengths: np.ndarray, buckets: int, max_length: int) -> tuple[int, ...]:
    """The edges, at most `buckets` of them, that pad these lengths the least.

    Candidates are all lengths up to 512; of longer sequences the multiples of the smallest power
    of two that leaves at most 512 of them, so the search stays in milliseconds. Among the
    candidates the result is optimal, and it has no edge that saves nothing. Lengths that are not
    among the given ones may exceed the last edge; whoever makes batches adds an edge for those.

    Args:
        lengths: of the training sequences, int [N], N > 0; longer than `max_length` counts as cut
            to it, and 0 as 1, since a batch is at least one step wide.
        buckets: the most edges.
        max_length: steps that are kept of a sequence.

    Returns:
        The edges in increasing order; the last one is min(max_length, longest).

    Raises:
        ValueError: there are no lengths, or no bucket or no step is allowed.
    """
    if len(lengths) == 0 or buckets < 1 or max_length < 1:
        raise ValueError("bucket edges need a length, a bucket and a step, at least one of each")
    cut = np.clip(lengths, 1, max_length)
    top = int(cut.max())
    candidates = _candidates(top)
    fitting = np.cumsum(np.bincount(cut))[candidates]  # how many lengths fit below each
    fitting = np.concatenate([[0], fitting])

    # cost[i, j]: steps of a bucket whose edge is candidate j and whose predecessor is candidate
    # i - 1 (i = 0: none). A predecessor must be smaller.
    cost = (fitting[None, 1:] - fitting[:, None]) * candidates.astype(np.float64)[None, :]
    cost[np.tril_indices_from(cost, k=-1)] = np.inf

    best = cost[0]  # best[j]: fewest steps with edges so far, the last of them candidate j
    came_from: list[np.ndarray] = []
    totals = [best[-1]]
    for _ in range(min(buckets, len(candidates)) - 1):
        through = best[:, None] + cost[1:]
        came_from.append(through.argmin(axis=0))
        best = through.min(axis=0)
        totals.append(best[-1])

    count = int(np.argmin(totals)) + 1  # the first minimum: as few edges as reach it
    at = len(candidates) - 1
    edges = [int(candidates[at])]
    for step in reversed(came_from[: count - 1]):
        at = int(step[at])
        edges.append(int(candidates[at]))
    return tuple(reversed(edges))


def _candidates(top: int) -> np.ndarray:
    """Where an edge may lie, int64 [M], M <= 512, in increasing order; `top` is the last."""
    step = 1
    while top > step * MOST_CANDIDATES:
        step *= 2
    below = np.arange(step, top, step, dtype=np.int64)
    return np.append(below, top)


def padding_share(lengths: np.ndarray, edges: Sequence[int]) -> float:
    """The share of padded batches that is padding, when each sequence is as wide as its bucket.

    Args:
        lengths: int [N]; longer than the last edge counts as cut to it.
        edges: in increasing order.

    Returns:
        Between 0 (none) and 1; 0 where there are no lengths.
    """
    if len(lengths) == 0:
        return 0.0
    bounds = np.asarray(edges)
    cut = np.minimum(lengths, bounds[-1])
    padded = bounds[np.searchsorted(bounds, cut)]
    return float(1.0 - cut.sum() / padded.sum())
