"""Word and phone error rates of pronunciations, as grapheme-to-phoneme conversion counts them."""

from __future__ import annotations

from collections.abc import Sequence

import jiwer


def evaluate(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Judges pronunciations.

    Args:
        written: N pronunciations, phones with a blank between.
        references: the right ones of each word, one or more.

    Returns:
        `word_error_rate`: the share of words whose pronunciation is none of the right ones;
        `phone_error_rate`: insertions, deletions and substitutions to the nearest right one, for
        each phone of those (Yao & Zweig 2015, section 4; Toshniwal & Livescu 2016, section 4.1).
    """
    wrong = edits = phones = 0
    for text, right in zip(written, references, strict=True):
        nearest = min((_compare(text, one) for one in right), key=lambda pair: pair[0] / pair[1])
        wrong += nearest[0] > 0
        edits += nearest[0]
        phones += nearest[1]
    return {"word_error_rate": wrong / len(written), "phone_error_rate": edits / phones}


def error(written: str, references: Sequence[str]) -> float:
    """Phone error rate of one word."""
    return min(edits / phones for edits, phones in (_compare(written, r) for r in references))


def _compare(written: str, right: str) -> tuple[int, int]:
    """Edits, and phones of the right pronunciation."""
    if written == right:
        return 0, max(1, len(right.split()))
    found = jiwer.process_words(right, written)
    edits = found.substitutions + found.deletions + found.insertions
    return edits, found.hits + found.substitutions + found.deletions
