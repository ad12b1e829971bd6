"""Attention between subwords -> attention between words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BLANK = "\u2581"
"""SentencePiece's character for the space before a subword (Kudo & Richardson 2018)."""


def in_words(
    source: Sequence[str], target: Sequence[str], weights: np.ndarray
) -> tuple[list[str], list[str], np.ndarray]:
    """Joins the subwords of each side to words; other tokens are not changed.

    Args:
        source: S tokens.
        target: T tokens.
        weights: float `[T, S]`, attention of each target token to each source token.

    Returns:
        Source words, target words and the attention between them: the sum over the subwords of a
        source word, and the mean over those of a target word.
    """
    source_words, columns = _words(source)
    target_words, rows = _words(target)
    summed = np.add.reduceat(weights, columns, axis=1) if columns else weights
    if not rows:
        return source_words, target_words, summed
    counts = np.diff([*rows, len(target)])
    return source_words, target_words, np.add.reduceat(summed, rows, axis=0) / counts[:, None]


def _words(tokens: Sequence[str]) -> tuple[list[str], list[int]]:
    """The words, and the position of the first token of each."""
    if not any(token.startswith(BLANK) for token in tokens):
        return list(tokens), list(range(len(tokens)))
    words: list[str] = []
    starts: list[int] = []
    for position, token in enumerate(tokens):
        separate = _is_mark(token) or (words and _is_mark(words[-1]))
        if token.startswith(BLANK) or separate or not words:
            words.append("")
            starts.append(position)
        words[-1] += token.replace(BLANK, "")
    return words, starts


def _is_mark(text: str) -> bool:
    """Whether a token is punctuation; apostrophes and hyphens belong to words."""
    in_word = any(character.isalnum() or character in "'-\u2019" for character in text)
    return bool(text) and not in_word
