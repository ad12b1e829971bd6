"""Word and phone error rates of pronunciations, as grapheme-to-phoneme conversion counts them."""

from __future__ import annotations

from collections.abc import Sequence

import jiwer

from pipelines.evaluation.metric import smaller

METRICS = smaller("word_error_rate", "phone_error_rate")


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Compares pronunciations with their references.

    Args:
        written: N pronunciations, phones separated by spaces.
        references: one or more for each word.

    Returns:
        `word_error_rate`: the share of words whose pronunciation is none of the references;
        `phone_error_rate`: insertions, deletions and substitutions to the nearest reference, per
        phone of it (Yao & Zweig 2015, section 4; Toshniwal & Livescu 2016, section 4.1).
    """
    wrong = edits = phones = 0
    for text, choices in zip(written, references, strict=True):
        nearest = min((_compare(text, one) for one in choices), key=lambda pair: pair[0] / pair[1])
        wrong += nearest[0] > 0
        edits += nearest[0]
        phones += nearest[1]
    return {"word_error_rate": wrong / len(written), "phone_error_rate": edits / phones}


def error(written: str, references: Sequence[str]) -> float:
    """Phone error rate of one word."""
    return min(edits / phones for edits, phones in (_compare(written, r) for r in references))


def _compare(written: str, reference: str) -> tuple[int, int]:
    """Edits, and phones of the reference."""
    if written == reference:
        return 0, max(1, len(reference.split()))
    words = jiwer.process_words(reference, written)
    edits = words.substitutions + words.deletions + words.insertions
    return edits, words.hits + words.substitutions + words.deletions


def notes() -> str:
    """Notes on the metrics: none."""
    return ""
