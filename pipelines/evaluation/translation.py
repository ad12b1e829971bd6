"""BLEU and chrF of translations, by sacrebleu, so that figures can be compared (Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Judges translations as they are read: detokenised, with their case.

    Args:
        written: N translations.
        references: the right ones of each text, one or more.

    Returns:
        `bleu` (Papineni et al. 2002) and `chrf` (Popović 2015), each from 0 to 100, of the corpus.
    """
    most = max(map(len, references))
    # A stream for the first reference of each text, one for the second; sacrebleu skips empty ones.
    streams = [[right[i] if i < len(right) else "" for right in references] for i in range(most)]
    return {
        "bleu": BLEU().corpus_score(written, streams).score,
        "chrf": CHRF().corpus_score(written, streams).score,
    }


def error(written: str, references: Sequence[str]) -> float:
    """How wrong one translation is: what its chrF lacks of 100.

    BLEU is 0 for a sentence without four right words in a row, so it does not rank sentences.
    """
    return 100.0 - CHRF().sentence_score(written, references).score


def notes() -> str:
    """How the metrics were counted: the signatures of sacrebleu."""
    lines = []
    for metric in (BLEU(), CHRF()):
        # A signature is known once something was scored.
        found = metric.corpus_score(["a b c d"], [["a b c d"]])
        lines.append(f"- {found.name}: `{metric.get_signature()}`")
    return "# How translations are judged\n\n" + "\n".join(lines) + "\n"
