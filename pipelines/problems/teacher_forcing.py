"""What a network that writes would write after the true tokens, beside what it writes freely."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipelines.evaluation.direction import smaller_is_better

if TYPE_CHECKING:
    import numpy as np

    from pipelines.task import Outputs

MOST = 700.0
"""A larger loss has no perplexity that a float can hold."""


def teacher_forced(
    judged: Callable[[np.ndarray], Mapping[str, float]],
    outputs: Outputs,
    free: Mapping[str, float],
) -> dict[str, float]:
    """Metrics of what is likeliest after each true token, and the gap to what is written freely.

    Args:
        judged: texts `[n]`, bytes -> metrics.
        outputs: of the export: `score_output`, and `score_loss` and `score_size`, float `[n]`, the
            loss of a true token and how many there are; without them there are no metrics.
        free: the metrics of what was written freely.

    Returns:
        Those with the prefix `teacher_forced_`; `exposure_bias_gap_`, by how much the free ones are
        worse, whichever way that is (Ranzato et al. 2016, section 1); and `token_loss` and
        `token_perplexity` of the true targets.
    """
    if "score_output" not in outputs:
        return {}
    metrics = {}
    for name, value in judged(outputs["score_output"]).items():
        metrics[f"teacher_forced_{name}"] = value
        lost = free[name] - value if smaller_is_better(name) else value - free[name]
        metrics[f"exposure_bias_gap_{name}"] = lost
    sizes = outputs["score_size"]
    loss = float((outputs["score_loss"] * sizes).sum() / sizes.sum())
    return metrics | {"token_loss": loss, "token_perplexity": math.exp(min(loss, MOST))}
