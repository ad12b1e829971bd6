"""Builder of `movie_sentences`, from the package that the sentences ship in."""

from __future__ import annotations

import html
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split
from pipelines.data.splits import distinct, fingerprint, stratify

INNER = "/additional_resources/hutto_ICWSM_2014.tar.gz"
TABLES = {
    "movie": "/movieReviewSnippets_GroundTruth.txt",
    "product": "/amazonReviewSnippets_GroundTruth.txt",
    "tweet": "/tweets_GroundTruth.txt",
    "editorial": "/nytEditorialSnippets_GroundTruth.txt",
}
"""Domain -> its table. The movies are what the task is about; the others only help to train."""

SHARES = {"test": 0.2, "validation": 0.08}
SEED = 0

Row = dict[str, Any]


class Builder(EmbeddedBuilder):
    """Movie-review sentences, each rated by about twenty people, and others to train with."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Zero ratings and repetitions left out; movies 72/8/20, others to train."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "vaderSentiment",
        "version": "3.3.2",
        "filename": "vaderSentiment-3.3.2.tar.gz",
        "sha256": "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "text": tfds.features.Text(),
                "label": tfds.features.ClassLabel(names=["negative", "positive"]),
                "rating": np.float32,
                "domain": tfds.features.ClassLabel(names=list(TABLES)),
            },
            supervised_keys=("text", "label"),
            homepage="https://github.com/cjhutto/vaderSentiment",
            license="MIT",
            metadata=tfds.core.MetadataDict(),
        )

    def parts(self, archive: Path) -> dict[str, list[Row]]:
        """The sentences of each split, see `EmbeddedBuilder.parts`."""
        rows, self.info.metadata["removed"] = clean(list(read(archive)))
        movies = [row for row in rows if row["domain"] == "movie"]
        marks = [fingerprint(row["text"]) for row in movies]
        names = stratify(marks, [row["label"] for row in movies], SHARES, SEED)
        parts = by_split(names, movies)
        parts["train"] += [row for row in rows if row["domain"] != "movie"]
        return parts

    def _generate_examples(self, rows: list[Row]) -> Iterator[tuple[str, Row]]:
        for row in rows:
            yield row["id"], {name: row[name] for name in ("text", "label", "rating", "domain")}


class Rated(NamedTuple):
    """A sentence as its table has it.

    Attributes:
        domain: a key of `TABLES`.
        number: its id in the table.
        rating: the mean of people's ratings.
        text: the sentence.
    """

    domain: str
    number: str
    rating: float
    text: str


def read(archive: Path) -> Iterator[Rated]:
    """The sentences of all domains, movies first, read out of the archive within the archive.

    Args:
        archive: the source distribution. It is streamed, nothing of it is unpacked or run.
    """
    with tarfile.open(archive) as outer:
        inner = io.BytesIO(_member(outer, INNER).read())
    with tarfile.open(fileobj=inner) as nested:
        for domain, table in TABLES.items():
            lines = io.TextIOWrapper(_member(nested, table), encoding="utf-8", newline="\n")
            for line in lines:
                number, rating, text = line.rstrip("\r\n").split("\t")
                yield Rated(domain, number, float(rating), html.unescape(text).strip())


def clean(sentences: list[Rated]) -> tuple[list[Row], dict[str, int]]:
    """Rows with a label, each text once, and how many were left out for which reason.

    Args:
        sentences: movies first: of a text that is in two domains the first one stays.
    """
    rows: list[Row] = [
        {
            "id": f"{each.domain}-{each.number}",
            "text": each.text,
            "rating": each.rating,
            "label": ("negative", "positive")[each.rating > 0],
            "domain": each.domain,
        }
        for each in sentences
        if each.rating
    ]
    kept, removed = distinct(
        [fingerprint(row["text"]) for row in rows], [row["label"] for row in rows]
    )
    removed = {"rated exactly zero": len(sentences) - len(rows)} | removed
    return [rows[i] for i in kept], {reason: n for reason, n in removed.items() if n}


def _member(archive: tarfile.TarFile, suffix: str) -> IO[bytes]:
    for member in archive.getmembers():
        if member.isfile() and f"/{member.name}".endswith(suffix):
            file = archive.extractfile(member)
            if file is not None:
                return file
    raise ValueError(f"{archive.name} has no {suffix}")
