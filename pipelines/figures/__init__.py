"""The figures of a run: matplotlib figures that know nothing of tasks, files or tracking."""

from pipelines.figures.alignment import alignments
from pipelines.figures.attention import attention_words
from pipelines.figures.comparison import comparison_with_baselines
from pipelines.figures.confusion import confusion_matrix
from pipelines.figures.lags import error_by_lag
from pipelines.figures.lengths import length_histogram
from pipelines.figures.positions import bits_over_positions
from pipelines.figures.reliability import reliability
from pipelines.figures.steps import attended_steps, spelled_steps
from pipelines.figures.training import learning_curve

__all__ = [
    "alignments",
    "attended_steps",
    "attention_words",
    "bits_over_positions",
    "comparison_with_baselines",
    "confusion_matrix",
    "error_by_lag",
    "learning_curve",
    "length_histogram",
    "reliability",
    "spelled_steps",
]
