"""Error rates of transcripts.

Counted by jiwer: the fewest substitutions, deletions and insertions between transcript and
reference, per symbol of the references (Morris, Maier and Green 2004, "From WER and RIL to MER and
WIL"). It can exceed 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import jiwer

NOTHING = "-"
"""Stands where the reference or the transcript has no symbol."""


@dataclass(frozen=True)
class Errors:
    """The errors of a set of transcripts.

    Attributes:
        rate: wrong symbols per symbol of the references.
        sentences: share of the transcripts with a mistake.
        substitutions: wrong symbols per symbol of the references.
        deletions: missing symbols, likewise.
        insertions: additional symbols, likewise.
        confusions: (true, written) -> count, with `NOTHING` for a missing symbol.
    """

    rate: float
    sentences: float
    substitutions: float
    deletions: float
    insertions: float
    confusions: Counter[tuple[str, str]]


def evaluate(written: Sequence[str], references: Sequence[str]) -> Errors:
    """Compares transcripts with their references.

    Args:
        written: symbols separated by spaces; may be empty.
        references: likewise, none of them empty.
    """
    words = jiwer.process_words(list(references), list(written))
    spoken = words.hits + words.substitutions + words.deletions
    wrong = sum(any(part.type != "equal" for part in alignment) for alignment in words.alignments)
    return Errors(
        rate=words.wer,
        sentences=wrong / len(references),
        substitutions=words.substitutions / spoken,
        deletions=words.deletions / spoken,
        insertions=words.insertions / spoken,
        confusions=_confusions(words),
    )


def error(written: str, reference: str) -> float:
    """The error rate of one transcript."""
    return jiwer.wer(reference, written)


def _confusions(words: jiwer.WordOutput) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    rows = zip(words.references, words.hypotheses, words.alignments, strict=True)
    for reference, written, alignment in rows:
        for part in alignment:
            if part.type != "equal":
                # Of the same length, or one of them is empty.
                left = reference[part.ref_start_idx : part.ref_end_idx]
                right = written[part.hyp_start_idx : part.hyp_end_idx]
                counts.update(zip_longest(left, right, fillvalue=NOTHING))
    return counts
