"""Builder of `multi30k`, from the repository of its authors."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any, ClassVar

import tensorflow_datasets as tfds

COMMIT = "10b8ae249740aafcab3b47dd6e2c3af1559eb802"
HOME = f"https://raw.githubusercontent.com/multi30k/dataset/{COMMIT}/data/task1/raw"
FILES = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
SIZES = {"train": 29_000, "validation": 1_014, "test": 1_000}
"""Lines of each split, as the authors count them."""
LANGUAGES = ("de", "en")


class Builder(tfds.core.GeneratorBasedBuilder):
    """Captions in German and English, in the official splits."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "Task 1, raw; the test is that of 2016."}
    ADDRESSES: ClassVar[tuple[str, ...]] = tuple(
        f"{HOME}/{file}.{language}.gz" for file in FILES.values() for language in LANGUAGES
    )
    """What will be downloaded."""

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.Translation(languages=LANGUAGES),
            supervised_keys=LANGUAGES,
            homepage="https://github.com/multi30k/dataset",
            license="none stated; the captions are from Flickr30k, for research only",
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        wanted = {
            f"{split}.{language}": f"{HOME}/{file}.{language}.gz"
            for split, file in FILES.items()
            for language in LANGUAGES
        }
        files: Any = dl_manager.download(wanted)
        return {
            split: self._generate_examples(
                *(lines(files[f"{split}.{language}"], SIZES[split]) for language in LANGUAGES)
            )
            for split in FILES
        }

    def _generate_examples(
        self, german: list[str], english: list[str]
    ) -> Iterator[tuple[int, dict[str, str]]]:
        for place, pair in enumerate(zip(german, english, strict=True)):
            yield place, dict(zip(LANGUAGES, pair, strict=True))


def lines(file: Any, size: int) -> list[str]:
    """The lines of a compressed file.

    Args:
        file: its path.
        size: how many it must have.

    Raises:
        OSError: it has another number, or is not the compressed text that it should be.
    """
    try:
        texts = gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise OSError(f"{file} is not a compressed text file: {error}") from error
    if len(texts) != size:
        raise OSError(f"{file} has {len(texts)} lines, not the {size} of Multi30k")
    return [line.strip() for line in texts]
