"""Length buckets: the few widths that batches are padded to.

A batch is as wide as the bucket it comes from, so each example of length `l` costs the smallest
edge that is at least `l`. Few edges mean few shapes to trace and compile; well-placed edges mean
little padding. Placing them is a one-dimensional clustering problem, which dynamic programming
solves exactly (Bellman 1973, "A note on cluster analysis and dynamic programming").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_CANDIDATES = 512


def bucket_edges(lengths: np.ndarray, buckets: int, max_length: int) -> tuple[int, ...]:
    """The edges, at most `buckets`, that need the least padding for these lengths.

    Candidates are all lengths up to 512; for longer sequences the multiples of the smallest power
    of two that leaves at most 512, so that the search takes milliseconds. The result is optimal
    among the candidates and has no superfluous edge. Other lengths may exceed the last edge;
    batching adds an edge for them.

    Args:
        lengths: of the training sequences, int [N], N > 0; clipped to 1 to `max_length`.
        buckets: maximum number of edges.
        max_length: steps kept of a sequence.

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
    fitting = np.cumsum(np.bincount(cut))[candidates]  # number of lengths up to each
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

    count = int(np.argmin(totals)) + 1  # the first minimum: the fewest edges
    index = len(candidates) - 1
    edges = [int(candidates[index])]
    for step in reversed(came_from[: count - 1]):
        index = int(step[index])
        edges.append(int(candidates[index]))
    return tuple(reversed(edges))


def _candidates(top: int) -> np.ndarray:
    """Possible edges, int64 [M], M <= 512, in increasing order; the last is `top`."""
    step = 1
    while top > step * MOST_CANDIDATES:
        step *= 2
    below = np.arange(step, top, step, dtype=np.int64)
    return np.append(below, top)


def padding_share(lengths: np.ndarray, edges: Sequence[int]) -> float:
    """The share of padding when each sequence is padded to its bucket.

    Args:
        lengths: int [N]; clipped to the last edge.
        edges: in increasing order.

    Returns:
        Between 0 (none) and 1; 0 without lengths.
    """
    if len(lengths) == 0:
        return 0.0
    bounds = np.asarray(edges)
    cut = np.minimum(lengths, bounds[-1])
    padded = bounds[np.searchsorted(bounds, cut)]
    return float(1.0 - cut.sum() / padded.sum())
