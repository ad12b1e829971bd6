"""Whether a classifier is as often right as it is sure."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import BLUE, GREY, ORANGE, blank, headline, styled
from pipelines.evaluation.metrics.calibration import BINS, calibrate

WELL_CALIBRATED = 0.005
"""A gap between confidence and accuracy too small to matter."""


@styled
def reliability(scores: np.ndarray, labels: np.ndarray) -> Figure:
    """Accuracy against confidence in 15 bins, and how many predictions are how confident.

    DeGroot and Fienberg 1983, "The comparison and evaluation of forecasters".

    Args:
        scores: float [N, C], N > 0, rows sum to one.
        labels: true classes, int64 [N].
    """
    calibration = calibrate(scores, labels)
    middle = (np.arange(BINS) + 0.5) / BINS
    figure = blank(6.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.bar(middle, calibration.accuracy, width=0.9 / BINS, color=BLUE, label="accuracy")
    filled = calibration.count > 0
    above.plot(
        calibration.confidence[filled],
        calibration.confidence[filled],
        "D",
        color=ORANGE,
        ms=6,
        mec="white",
        clip_on=False,
        label="mean confidence",
    )
    above.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="perfectly calibrated")
    above.set_ylim(0, 1.02)
    above.set_ylabel("share right")
    above.yaxis.set_major_formatter("{x:.0%}")
    above.legend(loc="upper left")
    below.bar(middle, calibration.count, width=0.9 / BINS, color=GREY)
    below.set_ylabel("predictions")
    below.set_xlabel("confidence: the score of the predicted class")
    below.set_xlim(0, 1)
    below.xaxis.set_major_formatter("{x:.0%}")

    right = float((scores.argmax(axis=1) == labels).mean())
    gap = float(scores.max(axis=1).mean()) - right
    if abs(gap) < WELL_CALIBRATED:
        verdict = "On average as sure as it is right"
    else:
        verdict = f"{'Surer' if gap > 0 else 'Less sure'} than right by {100 * abs(gap):.1f} points"
    headline(figure, f"{verdict} (expected calibration error {100 * calibration.error:.1f} points)")
    return figure
