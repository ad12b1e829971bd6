"""Builder of `german_english`, from the Debian package that the dictionary ships in."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import tensorflow_datasets as tfds

from pipelines import paths
from pipelines.datasets import clients
from pipelines.datasets.german_english.dictionary import groups, pairs, sentences
from pipelines.splits import fingerprint, stratify

PACKAGE = {
    "name": "trans-de-en",
    "version": "1.9-6",
    "filename": "trans-de-en_1.9-6_all.deb",
    "sha256": "45f6b4cf1c434776fba6811d7bc522efabb5425c43ba8afd0e289bf9e2e53df4",
}
FILE = "./usr/share/trans/de-en"
SHARES = {"test": 0.06, "validation": 0.04}
SEED = 0
MAGIC = b"!<arch>\n"
HEAD = 60
"""Bytes before each member of an `ar` archive: its name in 16, its size in 10 from the 48th on."""


class Builder(tfds.core.GeneratorBasedBuilder):
    """Sentences in German and English, split so that no side is in two splits."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Whole sentences; no sentence of either language is in two splits, 90/4/6."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {"text": tfds.features.Text(), "target": tfds.features.Text()}
            ),
            supervised_keys=("text", "target"),
            homepage="https://dict.tu-chemnitz.de/",
            license="GPL-2.0-or-later",
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, str]]]]:
        del dl_manager  # it knows addresses; the package comes from the configured archive
        archive = clients.fetch_debian(**PACKAGE, folder=paths.data() / "packages")
        found, removed = sentences(pairs(read(archive)))
        self.info.metadata["removed"] = removed
        numbers = groups(found)
        # A group is known by its first sentence, so a new entry elsewhere does not move it.
        marks = {number: fingerprint(*found[number]) for number in numbers}
        names = stratify(list(marks.values()), [""] * len(marks), SHARES, SEED)
        split_of = dict(zip(marks, names, strict=True))
        rows = list(zip(found, numbers, strict=True))
        return {
            split: self._generate_examples([pair for pair, own in rows if split_of[own] == split])
            for split in ("train", "validation", "test")
        }

    def _generate_examples(
        self, found: list[tuple[str, str]]
    ) -> Iterator[tuple[str, dict[str, str]]]:
        for german, english in found:
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
