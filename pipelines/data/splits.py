"""Reproducible splits into train, validation and test.

Random splits use a hash of the input instead of a random generator over rows, so that they do not
change when rows are reordered, and hardly change when a file grows.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.data.examples import Column
from pipelines.runtime.errors import UserError

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
"""Common names of splits -> their names here."""


@dataclass(frozen=True)
class Unsplit:
    """Examples to be split.

    Attributes:
        name: of the data, for messages.
        fingerprints: of the input of each; equal ones stay together.
        labels: of each; "" without labels.
        groups: of each, normalised; empty without groups.
    """

    name: str
    fingerprints: Sequence[bytes]
    labels: Sequence[str]
    groups: Sequence[str] = ()


@dataclass(frozen=True)
class AtRandom:
    """Stratified by label, by a hash of the input."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that the split needs: none."""
        return ()

    def assign(
        self, examples: Unsplit, shares: Mapping[str, float], seed: int, fold: int = 0
    ) -> list[str]:
        """The split of each example.

        Args:
            examples: what is to be split.
            shares: held-out split -> its share of all; the rest is `train`.
            seed: of the split.
            fold: of `Folds`; unused here.
        """
        del fold
        return _assign_together(examples.fingerprints, examples.labels, shares, seed)


@dataclass(frozen=True)
class ByGroup:
    """At random, with all examples of a group, such as a speaker, in one split.

    Attributes:
        column: of the group.
        optional: whether data without the column are split as `AtRandom`.
        aliases: common names of the column in users' files.
    """

    column: str
    optional: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the group."""
        return (Column(self.column, "group", self.optional, self.aliases),)

    def assign(
        self, examples: Unsplit, shares: Mapping[str, float], seed: int, fold: int = 0
    ) -> list[str]:
        """The split of each example, as of `AtRandom.assign`.

        Raises:
            UserError: there are fewer groups than splits.
        """
        del fold
        if not examples.groups:
            return AtRandom().assign(examples, shares, seed)
        count, parts = len(set(examples.groups)), len(shares) + 1
        if count < parts:
            raise UserError(
                f"{examples.name}: {count} different values of {self.column}, but {parts} splits"
                f" that must share none of them; assign them in a column split, or remove the"
                f" column {self.column}."
            )
        groups = [fingerprint_of(group) for group in examples.groups]
        return _assign_together(groups, examples.labels, shares, seed)


@dataclass(frozen=True)
class Folds:
    """Leave-one-group-out: the setting `fold` is the index of the group of the test split.

    The validation split is made of the other groups' examples, at random: it chooses an epoch, and
    the more groups there are to learn from, the better. Where the data bring one of the two splits,
    the other is made as of `ByGroup`.

    Attributes:
        column: of the group.
        aliases: common names of the column in users' files.
    """

    column: str
    aliases: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the group; data with all splits need none."""
        return (Column(self.column, "group", True, self.aliases),)

    def assign(
        self, examples: Unsplit, shares: Mapping[str, float], seed: int, fold: int = 0
    ) -> list[str]:
        """The split of each example, as of `AtRandom.assign`.

        Raises:
            UserError: there are no groups, too few of them, or no such fold.
        """
        if len(shares) < 2:
            return ByGroup(self.column).assign(examples, shares, seed)
        if not examples.groups:
            names = " or ".join((self.column, *self.aliases))
            raise UserError(
                f"{examples.name}: one group at a time is held out, and no column says which "
                f"example is of which group; add one named {names}, or a column split."
            )
        groups = in_order(examples.groups)
        if len(groups) < 2:
            raise UserError(
                f"{examples.name}: {len(groups)} different values of {self.column}; at least two"
                f" are needed to train and test on different ones."
            )
        if fold >= len(groups):
            raise UserError(
                f"{examples.name}: there is no fold {fold}, for there are {len(groups)} different "
                f"values of {self.column}; choose FOLD=0 to FOLD={len(groups) - 1}."
            )
        others = [i for i, group in enumerate(examples.groups) if group != groups[fold]]
        share = shares["validation"] / (1 - shares["test"])
        splits = dict.fromkeys(range(len(examples.groups)), "test")
        fingerprints = [examples.fingerprints[i] for i in others]
        labels = [examples.labels[i] for i in others]
        made = _assign_together(fingerprints, labels, {"validation": share}, seed)
        splits |= dict(zip(others, made, strict=True))
        return list(splits.values())


Split = AtRandom | ByGroup | Folds
"""How examples are split if their source does not define it."""


def normalised(text: str) -> str:
    """The text with case and white space normalised."""
    return " ".join(text.casefold().split())


def fingerprint_of(*identities: str) -> bytes:
    """A short hash by which equal examples are recognised.

    Args:
        *identities: of the relevant columns, each as of `Kind.identity`.
    """
    joined = "\x1f".join(identities)
    return hashlib.blake2b(joined.encode("utf-8", "replace"), digest_size=16).digest()


def fingerprint(*texts: str) -> bytes:
    """A short hash, equal for texts that differ only in case and white space.

    Args:
        *texts: all text columns of one example.
    """
    return fingerprint_of(*map(normalised, texts))


def in_order(names: Iterable[str]) -> list[str]:
    """Each name once, in numerical order if all are numbers, otherwise alphabetically."""
    names = set(names)
    key: Callable[[str], Any] = float if all(map(_is_number, names)) else str
    return sorted(names, key=key)


def _is_number(name: str) -> bool:
    try:
        return math.isfinite(float(name))
    except ValueError:
        return False


def distinct(
    identities: Sequence[Hashable], labels: Sequence[str]
) -> tuple[list[int], dict[str, int]]:
    """The examples to keep, so that each text occurs once and has one label.

    The first of equal examples is kept. Texts with different labels are removed, because it is
    unknown which label is right.

    Args:
        identities: fingerprint of each example; equal ones are the same text.
        labels: of each example.

    Returns:
        Positions to keep, ascending, and reason -> number of removed examples.
    """
    labels_of: dict[Hashable, set[str]] = defaultdict(set)
    for identity, label in zip(identities, labels, strict=True):
        labels_of[identity].add(label)
    kept: dict[Hashable, int] = {}
    removed: Counter[str] = Counter()
    for position, identity in enumerate(identities):
        if len(labels_of[identity]) > 1:
            removed[CONFLICT] += 1
        elif identity in kept:
            removed[DUPLICATE] += 1
        else:
            kept[identity] = position
    return list(kept.values()), dict(removed)


def stratify(
    fingerprints: Sequence[bytes], labels: Sequence[str], shares: Mapping[str, float], seed: int = 0
) -> list[str]:
    """Assigns examples to splits so that each has every label in the same proportion.

    Args:
        fingerprints: of each example; equal ones must have been removed.
        labels: of each example; each at least once more often than there are shares.
        shares: held-out split -> its share of all; the rest is `train`.
        seed: of the split.

    Returns:
        The name of the split of each example.
    """
    salt = seed.to_bytes(8, "big")
    drawn = [hashlib.blake2b(f, digest_size=8, salt=salt).digest() for f in fingerprints]
    strata: dict[str, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        strata[label].append(position)
    splits = ["train"] * len(fingerprints)
    for positions in strata.values():
        shuffled = sorted(positions, key=drawn.__getitem__)
        start = 0
        for name, end in _ends(len(positions), shares):
            for position in shuffled[start:end]:
                splits[position] = name
            start = end
    return splits


def _ends(size: int, shares: Mapping[str, float]) -> Iterable[tuple[str, int]]:
    """The end of each held-out split in a stratum; the rest is for training."""
    end = 0
    for remaining, (name, share) in zip(range(len(shares), 0, -1), shares.items(), strict=True):
        # At least one for this split, and for each of the remaining ones, including train.
        end += min(max(1, round(size * share)), size - end - remaining)
        yield name, end


def _assign_together(
    fingerprints: Sequence[bytes], labels: Sequence[str], shares: Mapping[str, float], seed: int
) -> list[str]:
    """The split of each example; equal fingerprints share a split, the first label counts."""
    first: dict[bytes, str] = {}
    for example, label in zip(fingerprints, labels, strict=True):
        first.setdefault(example, label)
    names = stratify(list(first), list(first.values()), shares, seed)
    split_of = dict(zip(first, names, strict=True))
    return [split_of[example] for example in fingerprints]
