"""How far back a network remembers: its error by lag, and the longest lag that it solves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

SOLVED = 0.01
"""An error below it counts as solved: the average error at which Hochreiter & Schmidhuber 1997,
section 5.4, stopped training on the adding problem."""


def by_lag(errors: np.ndarray, lags: Sequence[int] | np.ndarray) -> dict[int, float]:
    """The mean error of the examples of each lag, the shortest first.

    Args:
        errors: of each example, float `[n]`.
        lags: of each example, int `[n]`.
    """
    lags = np.asarray(lags)
    return {int(lag): float(errors[lags == lag].mean()) for lag in np.unique(lags)}


def solved_lag(errors: Mapping[int, float]) -> int:
    """The longest lag that is solved with all shorter ones solved too; 0 if there is none.

    Args:
        errors: lag -> mean error.
    """
    longest = 0
    for lag, error in sorted(errors.items()):
        if not error < SOLVED:
            break
        longest = lag
    return longest
