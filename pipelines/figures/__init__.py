"""The figures of a run: matplotlib figures that know nothing of tasks, files or tracking."""

from pipelines.figures.attention import attention_words
from pipelines.figures.comparison import comparison_with_baselines
from pipelines.figures.confusion import confusion_matrix
from pipelines.figures.lengths import length_histogram
from pipelines.figures.reliability import reliability
from pipelines.figures.training import learning_curve

__all__ = [
    "attention_words",
    "comparison_with_baselines",
    "confusion_matrix",
    "learning_curve",
    "length_histogram",
    "reliability",
]
