"""Teacher-forced metrics of a decoder, and their gap to those of free-running generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipelines.evaluation.metric import Directions
from pipelines.outputs.reports.common import loss_and_perplexity

if TYPE_CHECKING:
    import numpy as np

    from pipelines.outputs.base import Answers


def teacher_forced(
    evaluate: Callable[[np.ndarray], Mapping[str, float]],
    answers: Answers,
    free: Mapping[str, float],
    directions: Directions,
) -> dict[str, float]:
    """Metrics of the most probable tokens after the true ones, and the gap to free-running ones.

    Args:
        evaluate: texts `[n]`, bytes -> metrics.
        answers: of the export: `score_output`, `score_loss` and `score_size`, float `[n]`, the
            loss of a true token and the number of tokens; without them there are no metrics.
        free: the metrics of free-running generation.
        directions: of these metrics.

    Returns:
        The metrics with the prefix `teacher_forced_`; with `exposure_bias_gap_`, by how much the
        free-running ones are worse (Ranzato et al. 2016, section 1); and `token_loss` and
        `token_perplexity` of the true targets.
    """
    if "score_output" not in answers:
        return {}
    metrics = {}
    for name, value in evaluate(answers["score_output"]).items():
        metrics[f"teacher_forced_{name}"] = value
        smaller = directions.metric(name).smaller_is_better
        # Not by a change of sign, which makes -0.0 of no gap.
        gap = free[name] - value if smaller else value - free[name]
        metrics[f"exposure_bias_gap_{name}"] = gap
    loss, perplexity = loss_and_perplexity(answers)
    return metrics | {"token_loss": loss, "token_perplexity": perplexity}
