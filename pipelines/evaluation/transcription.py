"""How far transcripts are from what was said: word and sentence error rate.

Counted by jiwer: the fewest substitutions, deletions and insertions that turn what was written into
the reference, for each symbol of the references (Morris, Maier and Green 2004, "From WER and RIL to
MER and WIL"). It can be more than 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

NOTHING = "-"
"""Stands where the reference, or what was written, has no symbol."""


@dataclass(frozen=True)
class Errors:
    """What is wrong with a set of transcripts.

    Attributes:
        rate: wrong symbols for each symbol of the references.
        sentences: share of the transcripts with a mistake.
        substitutions: symbols that were taken for others, for each symbol of the references.
        deletions: symbols that are missing, likewise.
        insertions: symbols that nobody said, likewise.
        confusions: (true, written) -> how often, `NOTHING` where there is none.
    """

    rate: float
    sentences: float
    substitutions: float
    deletions: float
    insertions: float
    confusions: Counter[tuple[str, str]]


def evaluate(written: Sequence[str], references: Sequence[str]) -> Errors:
    """Compares transcripts with what was said.

    Args:
        written: symbols with blanks between; may be empty.
        references: likewise, none of them empty.
    """
    found = jiwer.process_words(list(references), list(written))
    said = found.hits + found.substitutions + found.deletions
    wrong = sum(any(part.type != "equal" for part in alignment) for alignment in found.alignments)
    return Errors(
        rate=found.wer,
        sentences=wrong / len(references),
        substitutions=found.substitutions / said,
        deletions=found.deletions / said,
        insertions=found.insertions / said,
        confusions=_confusions(found),
    )


def error(written: str, reference: str) -> float:
    """The error rate of one transcript."""
    return jiwer.wer(reference, written)


def _confusions(found: jiwer.WordOutput) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    every = zip(found.references, found.hypotheses, found.alignments, strict=True)
    for true, written, alignment in every:
        for part in alignment:
            if part.type == "equal":
                continue
            left = true[part.ref_start_idx : part.ref_end_idx]
            right = written[part.hyp_start_idx : part.hyp_end_idx]
            for i in range(max(len(left), len(right))):
                pair = (left[i] if left else NOTHING, right[i] if right else NOTHING)
                counts[pair] += 1
    return counts
