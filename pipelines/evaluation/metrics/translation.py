"""BLEU and chrF of translations, by sacrebleu, so that figures can be compared (Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from pipelines.evaluation.metric import larger

METRICS = larger("bleu", "chrf")


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Compares translations with their references, detokenised and case-sensitive.

    Args:
        written: N translations.
        references: one or more for each text.

    Returns:
        `bleu` (Papineni et al. 2002) and `chrf` (Popović 2015), each from 0 to 100, of the corpus.
    """
    # A stream of the first references, one of the second and so on; sacrebleu skips empty ones.
    streams = [list(stream) for stream in zip_longest(*references, fillvalue="")]
    return {
        "bleu": BLEU().corpus_score(written, streams).score,
        "chrf": CHRF().corpus_score(written, streams).score,
    }


def error(written: str, references: Sequence[str]) -> float:
    """The error of one translation: 100 minus its chrF.

    BLEU cannot rank sentences: it is 0 without four matching words in a row.
    """
    return 100.0 - CHRF().sentence_score(written, references).score


def notes() -> str:
    """Notes on the metrics: the signatures of sacrebleu."""
    lines = []
    for metric in (BLEU(), CHRF()):
        # A signature is available after the first score.
        score = metric.corpus_score(["a b c d"], [["a b c d"]])
        lines.append(f"- {score.name}: `{metric.get_signature()}`")
    return "# How translations are judged\n\n" + "\n".join(lines) + "\n"
