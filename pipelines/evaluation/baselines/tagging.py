"""The baseline of taggers: each word's most frequent tag, whatever its context."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from pipelines.data.conll import words_of
from pipelines.data.examples import Columns
from pipelines.evaluation.baselines import Answers


def predict(train: Columns, test: Columns, labels: tuple[str, ...]) -> dict[str, Answers]:
    """`most_frequent_tag`: the `tags` of `most_frequent_tags`."""
    del labels
    return {"most_frequent_tag": {"tags": most_frequent_tags(train, test)}}


def most_frequent_tags(train: Columns, test: Columns) -> np.ndarray:
    """Gives each word of the test the tag that it has most often in training.

    A word that training lacks gets the tag that is most frequent of all. Ties go to the first
    in alphabetical order. Words that differ in case are different.

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
    answers = np.full((len(rows), max(map(len, rows), default=0)), b"", object)
    for place, row in enumerate(rows):
        answers[place, : len(row)] = row
    return answers


def _first(tags: Counter[str]) -> str:
    return min(tags, key=lambda tag: (-tags[tag], tag))
