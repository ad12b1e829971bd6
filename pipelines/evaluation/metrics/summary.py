"""ROUGE of summaries, by rouge-score, so that figures can be compared (Lin 2004)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from rouge_score.rouge_scorer import RougeScorer

from pipelines.evaluation.metric import larger

KINDS = ("rouge1", "rouge2", "rougeL")
METRICS = larger(*KINDS)


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Compares summaries with their references.

    Args:
        written: N summaries.
        references: one or more for each text.

    Returns:
        `rouge1`, `rouge2` and `rougeL`, the mean over the texts of the F-measure, from 0 to 1: of
        words, of pairs of words, and of the longest common subsequence of words. Words are runs of
        the letters a to z and digits, in lower case, stemmed by Porter; of several references
        the one with the best F-measure counts.
    """
    scores = list(map(_scores, written, references))
    return {kind: sum(each[kind] for each in scores) / len(scores) for kind in KINDS}


def error(written: str, references: Sequence[str]) -> float:
    """The error of one summary: 1 minus its ROUGE-L."""
    return 1.0 - _scores(written, references)["rougeL"]


def notes() -> str:
    """Notes on the metrics."""
    return (
        "# How summaries are judged\n\n"
        "ROUGE-1, ROUGE-2 and ROUGE-L: F-measures of rouge-score with its own tokeniser and the"
        " Porter stemmer, the mean over the texts, from 0 to 1. Letters other than a to z are"
        " not counted.\n"
    )


@cache
def _scorer() -> RougeScorer:
    return RougeScorer([*KINDS], use_stemmer=True)


def _scores(written: str, references: Sequence[str]) -> dict[str, float]:
    scores = _scorer().score_multi(references, written)
    return {kind: scores[kind].fmeasure for kind in KINDS}
