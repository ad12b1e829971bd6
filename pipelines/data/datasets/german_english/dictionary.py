"""The sentences among the entries of the German-English word list of Ding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

Pair = tuple[str, str]
"""A German sentence and an English one."""

LONGEST = 40
"""Words; the few longer ones are prayers and the like."""

REMARKS = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|<[^>]*>|(?<!\w)/[^/]*/(?!\w)")
"""Grammar, field of use, explanation, cross-reference and abbreviation, in this order."""

LEFTOVERS = re.compile(r"[][{}()<>/|…=+~]|\.\.\.")
"""What a sentence does not have: alternatives, omissions, brackets left open."""


def pairs(lines: Iterable[str]) -> Iterator[Pair]:
    """What is written on both sides of the entries, remarks taken out.

    An entry is `German | more German :: English | more English`: as many parts on both sides, and
    in each part variants with a semicolon between, of which the first is taken.

    Args:
        lines: of the file; those that begin with `#` are comments.
    """
    for line in lines:
        german, _, english = line.partition(" :: ")
        ours, theirs = german.split("|"), english.split("|")
        if line.startswith("#") or len(ours) != len(theirs):
            continue
        for left, right in zip(ours, theirs, strict=True):
            yield _plain(left), _plain(right)


def sentences(candidates: Iterable[Pair]) -> tuple[list[Pair], dict[str, int]]:
    """The pairs that are whole sentences on both sides, each once.

    A sentence begins with a capital, ends in a full stop, a question mark or an exclamation mark,
    and has two words at least.

    Args:
        candidates: of `pairs`.

    Returns:
        The sentences in their order, and how many were left out for which reason; entries that
        are words or phrases are not counted, they are most of the dictionary.
    """
    kept: dict[tuple[str, str], Pair] = {}
    removed: Counter[str] = Counter()
    for pair in candidates:
        if not all(map(_is_sentence, pair)):
            continue
        key = words_of(pair[0]), words_of(pair[1])
        if any(map(LEFTOVERS.search, pair)):
            removed["sentence with alternatives or an omission"] += 1
        elif max(len(text.split()) for text in pair) > LONGEST:
            removed[f"sentence of more than {LONGEST} words"] += 1
        elif key in kept:
            removed["duplicate of an earlier pair"] += 1
        else:
            kept[key] = pair
    return list(kept.values()), dict(removed)


def groups(sentence_pairs: list[Pair]) -> list[int]:
    """For each pair the number of its group: what shares a side, perhaps over other pairs.

    So a sentence and its paraphrases, which are known by a common translation, stay together.
    """
    parent = list(range(len(sentence_pairs)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    first: dict[tuple[int, str], int] = {}
    for place, pair in enumerate(sentence_pairs):
        for side, text in enumerate(pair):
            other = first.setdefault((side, words_of(text)), place)
            parent[root(place)] = root(other)
    return [root(place) for place in range(len(sentence_pairs))]


def words_of(text: str) -> str:
    """The words alone: what sentences that differ in case and punctuation have in common."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _plain(part: str) -> str:
    """The first variant, without remarks; apostrophes as a keyboard writes them."""
    text = REMARKS.sub(" ", part.split(";")[0]).replace("\u2019", "'")
    return re.sub(r" ([.,!?:])", r"\1", " ".join(text.split()))


def _is_sentence(text: str) -> bool:
    return text[:1].isupper() and text[-1:] in tuple(".!?") and " " in text
