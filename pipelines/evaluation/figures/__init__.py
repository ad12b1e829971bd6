"""The figures of a run: matplotlib figures that know nothing of tasks, files or tracking."""

from pipelines.evaluation.figures.alignment import alignments
from pipelines.evaluation.figures.attention import attention_words
from pipelines.evaluation.figures.comparison import comparison_with_baselines
from pipelines.evaluation.figures.confusion import confusion_matrix
from pipelines.evaluation.figures.inputs import images, series
from pipelines.evaluation.figures.lags import error_by_lag
from pipelines.evaluation.figures.lengths import length_histogram
from pipelines.evaluation.figures.positions import bits_over_positions
from pipelines.evaluation.figures.reliability import reliability
from pipelines.evaluation.figures.steps import attended_steps, spelled_steps
from pipelines.evaluation.figures.training import learning_curve

__all__ = [
    "alignments",
    "attended_steps",
    "attention_words",
    "bits_over_positions",
    "comparison_with_baselines",
    "confusion_matrix",
    "error_by_lag",
    "images",
    "learning_curve",
    "length_histogram",
    "reliability",
    "series",
    "spelled_steps",
]
