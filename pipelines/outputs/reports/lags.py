"""Evaluation report of a network's memory: the error by lag, and the longest solved lag."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.evaluation import figures
from pipelines.evaluation.metrics.lags import SOLVED, by_lag, solved_lag
from pipelines.outputs.base import Evaluation


def add_lags(
    evaluation: Evaluation,
    errors: np.ndarray,
    baseline_errors: Mapping[str, np.ndarray],
    lags: np.ndarray,
    name: str,
) -> None:
    """Adds `solved_lag`, `lag_<steps>_<name>` for each lag, and a figure of them.

    Args:
        evaluation: that they are added to, including its baselines.
        errors: of each example, float `[n]`.
        baseline_errors: likewise, for each baseline.
        lags: of each example, int `[n]`.
        name: of the error; ends in `error`.
    """
    means = by_lag(errors, lags)
    evaluation.metrics |= _metrics(means, name)
    compared = {baseline: by_lag(values, lags) for baseline, values in baseline_errors.items()}
    for baseline, values in compared.items():
        evaluation.baselines[baseline] |= _metrics(values, name)
    longest = solved_lag(means)
    evaluation.figures["lags.png"] = figures.error_by_lag(means, compared, SOLVED, longest, name)


def _metrics(errors: Mapping[int, float], name: str) -> dict[str, float]:
    by_name = {f"lag_{lag}_{name}": error for lag, error in errors.items()}
    return {"solved_lag": float(solved_lag(errors)), **by_name}
