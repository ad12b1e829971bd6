"""The mistakes of a classifier as a readable report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.evaluation.markdown import shorten, table
from pipelines.outputs.reports.common import by_confidence

LONGEST = 160
"""Characters kept of an input."""

RIGHT = 5
"""Right answers shown below the mistakes."""


def mistakes(
    inputs: Sequence[str],
    scores: np.ndarray,
    labels: np.ndarray,
    names: tuple[str, ...],
    count: int = 20,
) -> str:
    """The most confident mistakes and a few confident right answers, as Markdown tables.

    Args:
        inputs: of the N examples, on one line each.
        scores: float [N, C].
        labels: the true classes, int64 [N].
        names: of the C classes.
        count: mistakes at most.

    Returns:
        Markdown with aligned tables, readable as plain text too.
    """
    predicted = scores.argmax(axis=1)
    confidence = scores.max(axis=1)
    right, wrong = by_confidence(scores, labels)

    def shown(chosen: np.ndarray) -> str:
        rows: list[tuple[str, ...]] = [
            (
                f"{100 * confidence[i]:.1f} %",
                names[predicted[i]],
                names[labels[i]],
                shorten(inputs[i], LONGEST),
            )
            for i in chosen
        ]
        return table(("confidence", "predicted", "true", "input"), rows)

    total = len(labels)
    share = f" ({100 * len(wrong) / total:.1f} %)" if total else ""
    parts = [f"# Mistakes\n\n{len(wrong):,} of {total:,}{share} are wrong."]
    if len(wrong):
        parts.append(f"## The most confident mistakes\n\n{shown(wrong[:count])}")
    if len(right):
        parts.append(f"## The most confident right answers\n\n{shown(right[:RIGHT])}")
    return "\n\n".join(parts) + "\n"
