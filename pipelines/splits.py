"""Train, validation and test: stratified, without a text in two of them, the same on any machine.

Where a text goes is decided by a hash of the text, not by a random generator over rows. So the
split stays the same when rows are reordered, and nearly the same when a file grows.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

DUPLICATE = "duplicate of an earlier text"
CONFLICT = "same text with different labels"

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
}
"""How people call the splits -> how they are called here."""


def fingerprint(*texts: str) -> bytes:
    """What texts that differ only in case and white space have in common.

    Args:
        *texts: all text columns of one example.
    """
    plain = "\x1f".join(" ".join(text.casefold().split()) for text in texts)
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=16).digest()


def distinct(prints: Sequence[bytes], labels: Sequence[str]) -> tuple[list[int], dict[str, int]]:
    """Which examples to keep so that every text is there once, with one label.

    The first of equal examples stays. Of a text with different labels none does: which of them
    is right cannot be known, and any choice would teach or measure noise.

    Args:
        prints: fingerprint of each example.
        labels: of each example.

    Returns:
        Positions to keep, ascending, and how many were left out for which reason.
    """
    meanings: dict[bytes, set[str]] = defaultdict(set)
    for mark, label in zip(prints, labels, strict=True):
        meanings[mark].add(label)
    kept, seen = [], set()
    removed: Counter[str] = Counter()
    for position, mark in enumerate(prints):
        if len(meanings[mark]) > 1:
            removed[CONFLICT] += 1
        elif mark in seen:
            removed[DUPLICATE] += 1
        else:
            seen.add(mark)
            kept.append(position)
    return kept, dict(removed)


def rare(labels: Iterable[str], parts: int) -> set[str]:
    """Labels with too few examples to be in each of so many splits.

    Args:
        labels: of each example.
        parts: how many splits will be made.
    """
    return {label for label, count in Counter(labels).items() if count < parts}


def stratify(
    prints: Sequence[bytes], labels: Sequence[str], shares: Mapping[str, float], seed: int = 0
) -> list[str]:
    """Assigns examples to splits so that each has every label in the same proportion.

    Args:
        prints: fingerprint of each example; equal ones must have been removed.
        labels: of each example; each at least once more often than there are shares.
        shares: held-out split -> its share of all; what remains is `train`.
        seed: another one gives another split.

    Returns:
        The name of the split of each example.
    """
    strata: dict[str, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        strata[label].append(position)
    salt = seed.to_bytes(8, "big")
    result = ["train"] * len(prints)
    for members in strata.values():
        members.sort(key=lambda i: hashlib.blake2b(prints[i], digest_size=8, salt=salt).digest())
        start, owed = 0, len(shares)
        for name, share in shares.items():
            # One at least for this split, and for each of those to come, train among them.
            count = min(max(1, round(len(members) * share)), len(members) - start - owed)
            for position in members[start : start + count]:
                result[position] = name
            start, owed = start + count, owed - 1
    return result
