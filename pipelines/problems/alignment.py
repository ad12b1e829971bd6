"""Where a text was looked at while another was written, in what a person takes for its words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BLANK = "\u2581"
"""What SentencePiece writes for the blank that a piece begins with (Kudo & Richardson 2018)."""


def in_words(
    read: Sequence[str], written: Sequence[str], weights: np.ndarray
) -> tuple[list[str], list[str], np.ndarray]:
    """Joins the subwords of each side to words; tokens that are none stay as they are.

    Args:
        read: R tokens.
        written: W tokens.
        weights: float `[W, R]`, how much each written token looked at each one read.

    Returns:
        The same in words: a word was looked at as much as its subwords together, and looks as
        its subwords do in the mean.
    """
    sources, columns = _words(read)
    answers, rows = _words(written)
    summed = np.add.reduceat(weights, columns, axis=1) if columns else weights
    if not rows:
        return sources, answers, summed
    counts = np.diff([*rows, len(written)])
    return sources, answers, np.add.reduceat(summed, rows, axis=0) / counts[:, None]


def _words(tokens: Sequence[str]) -> tuple[list[str], list[int]]:
    """The words, and where each begins among the tokens."""
    if not any(token.startswith(BLANK) for token in tokens):
        return list(tokens), list(range(len(tokens)))
    words: list[str] = []
    starts: list[int] = []
    for place, token in enumerate(tokens):
        apart = _is_mark(token) or (words and _is_mark(words[-1]))
        if token.startswith(BLANK) or apart or not words:
            words.append("")
            starts.append(place)
        words[-1] += token.replace(BLANK, "")
    return words, starts


def _is_mark(text: str) -> bool:
    """Whether it is punctuation around words; apostrophes and hyphens are within them."""
    inside = any(character.isalnum() or character in "'-\u2019" for character in text)
    return bool(text) and not inside
