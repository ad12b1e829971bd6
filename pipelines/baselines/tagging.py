"""What a tagger has to beat: each word's most frequent tag, wherever it stands."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from pipelines.conll import words_of
from pipelines.examples import Columns


def most_frequent_tags(train: Columns, test: Columns) -> np.ndarray:
    """Gives each word of the test the tag that it has most often in training.

    A word that training lacks gets the tag that is most frequent of all. Ties go to the first
    in alphabetical order. Words are told apart by case.

    Args:
        train: columns `text` (words, each on a line) and `target` (their tags, blanks between).
        test: column `text`.

    Returns:
        Bytes `[n, longest]`, padded with b"" on the right.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for text, target in zip(train["text"], train["target"], strict=True):
        tags = target.split()
        total.update(tags)
        for word, tag in zip(words_of(text), tags, strict=True):
            counts[word][tag] += 1
    usual = {word: _first(tags) for word, tags in counts.items()}
    other = _first(total)
    rows = [[usual.get(word, other).encode() for word in words_of(text)] for text in test["text"]]
    found = np.full((len(rows), max(map(len, rows), default=0)), b"", object)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def _first(tags: Counter[str]) -> str:
    return min(tags, key=lambda tag: (-tags[tag], tag))
