"""Builder of `german_english`, from the Debian package that the dictionary ships in."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split
from pipelines.data.datasets.fetching import clients
from pipelines.data.datasets.german_english.dictionary import groups, pairs, sentences
from pipelines.data.splits import fingerprint, stratify

FILE = "./usr/share/trans/de-en"
SHARES = {"test": 0.06, "validation": 0.04}
SEED = 0
MAGIC = b"!<arch>\n"
HEAD = 60
"""Bytes before each member of an `ar` archive: its name in 16, its size in 10 from the 48th on."""


class Builder(EmbeddedBuilder):
    """Sentences in German and English, split so that no side is in two splits."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Whole sentences; no sentence of either language is in two splits, 90/4/6."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "trans-de-en",
        "version": "1.9-6",
        "filename": "trans-de-en_1.9-6_all.deb",
        "sha256": "45f6b4cf1c434776fba6811d7bc522efabb5425c43ba8afd0e289bf9e2e53df4",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {"text": tfds.features.Text(), "target": tfds.features.Text()},
            supervised_keys=("text", "target"),
            homepage="https://dict.tu-chemnitz.de/",
            license="GPL-2.0-or-later",
            metadata=tfds.core.MetadataDict(),
        )

    def fetch(self, folder: Path) -> Path:
        """The package's file, from the archive of Debian that the machine is configured for."""
        return clients.fetch_debian(**self.PACKAGE, folder=folder)

    def parts(self, archive: Path) -> dict[str, list[tuple[str, str]]]:
        """The pairs of each split, see `EmbeddedBuilder.parts`."""
        kept, self.info.metadata["removed"] = sentences(pairs(read(archive)))
        numbers = groups(kept)
        # A group is known by its first sentence, so a new entry elsewhere does not move it.
        marks = {number: fingerprint(*kept[number]) for number in numbers}
        names = stratify(list(marks.values()), [""] * len(marks), SHARES, SEED)
        split_of = dict(zip(marks, names, strict=True))
        return by_split([split_of[number] for number in numbers], kept)

    def _generate_examples(
        self, kept: list[tuple[str, str]]
    ) -> Iterator[tuple[str, dict[str, str]]]:
        for german, english in kept:
            yield f"{german}\t{english}", {"text": german, "target": english}


def read(archive: Path) -> Iterator[str]:
    """The lines of the dictionary.

    Args:
        archive: the .deb. It is read as the `ar` archive of tarballs that it is (deb(5)); nothing
            of it is run.
    """
    with tarfile.open(fileobj=io.BytesIO(_member(archive, "data.tar.xz"))) as data:
        file = data.extractfile(FILE)
        assert file is not None
        yield from io.TextIOWrapper(file, encoding="utf-8")


def _member(archive: Path, name: str) -> bytes:
    """The content of a member of an `ar` archive."""
    content = archive.read_bytes()
    place = len(MAGIC)
    while content[:place].startswith(MAGIC) and place < len(content):
        head = content[place : place + HEAD].decode("ascii")
        size = int(head[48:58])
        start = place + HEAD
        if head[:16].rstrip(" /") == name:
            return content[start : start + size]
        place = start + size + size % 2  # each begins at an even place
    raise ValueError(f"{archive} has no member {name}")
