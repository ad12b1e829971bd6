"""What an evaluation says of a network's memory: the error of each lag, and the longest solved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines import figures
from pipelines.evaluation.lags import SOLVED, by_lag, solved_lag
from pipelines.task import Evaluation


def add_lags(
    evaluation: Evaluation,
    errors: np.ndarray,
    others: Mapping[str, np.ndarray],
    lags: np.ndarray,
    name: str,
) -> None:
    """Adds `solved_lag`, `lag_<steps>_<name>` for each lag, and a figure of these.

    Args:
        evaluation: gets them, its baselines too.
        errors: of each example, float `[n]`.
        others: the same of each baseline.
        lags: of each example, int `[n]`.
        name: of the error; ends in `error`.
    """
    found = by_lag(errors, lags)
    evaluation.metrics |= _metrics(found, name)
    chance = {baseline: by_lag(own, lags) for baseline, own in others.items()}
    for baseline, own in chance.items():
        evaluation.baselines[baseline] |= _metrics(own, name)
    longest = solved_lag(found)
    evaluation.figures["lags.png"] = figures.error_by_lag(found, chance, SOLVED, longest, name)


def _metrics(errors: Mapping[int, float], name: str) -> dict[str, float]:
    own = {f"lag_{lag}_{name}": error for lag, error in errors.items()}
    return {"solved_lag": float(solved_lag(errors)), **own}
