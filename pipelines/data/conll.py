"""Words with tags: CoNLL files, tagging schemes, and sentences as texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

DOCUMENT = "-DOCSTART-"
"""The word of a line that begins a document; it is not part of a sentence."""

TAG = re.compile(r"O|([BIESLU])-(\S+)")
"""Tags of IOB1, BIO (IOB2), IO, BIOES and BILOU (where L is E and U is S)."""

ENDING = "ESLU"


class ConllError(ValueError):
    """An invalid line; the message has its number and what is wrong."""


class Sentence(NamedTuple):
    """A sentence.

    Attributes:
        words: at least one.
        tags: of each word, in BIO.
    """

    words: list[str]
    tags: list[str]


def read(lines: Iterable[str]) -> Iterator[Sentence]:
    """The sentences of a CoNLL file (Tjong Kim Sang & De Meulder 2003, section 2).

    A line has a word in its first column and the tag in its last, separated by tabs or spaces;
    other columns are ignored. A blank line ends a sentence.

    Args:
        lines: of the file.

    Raises:
        ConllError: a line without a tag, or with an invalid one.
    """
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate(lines, 1):
        line = line.strip("\r\n")
        if line.strip():
            cells = line.strip().split("\t") if "\t" in line else line.split()
            if cells[0] == DOCUMENT:
                continue
            word, tag = _checked(number, cells)
            words.append(word)
            tags.append(tag)
        elif words:
            yield Sentence(words, bio(tags))
            words, tags = [], []
    if words:
        yield Sentence(words, bio(tags))


def _checked(number: int, cells: Sequence[str]) -> tuple[str, str]:
    word, tag = cells[0].strip(), cells[-1].strip()
    if len(cells) < 2:
        raise ConllError(
            f"line {number}: '{word[:40]}' has no tag; a line has a word first and its tag"
            " last, separated by spaces or tabs"
        )
    if not word or not TAG.fullmatch(tag):
        raise ConllError(
            f"line {number}: '{tag[:40]}' is not a valid tag of '{word[:40]}'; a tag is O, or"
            " B-, I-, E- or S- with a type, such as B-PER"
        )
    return word, tag


def bio(tags: Sequence[str]) -> list[str]:
    """Converts tags of any scheme to BIO: each entity begins with B-.

    Args:
        tags: each matches `TAG`.
    """
    converted = []
    before = ""  # type of an entity that may continue
    for tag in tags:
        match = TAG.fullmatch(tag)
        place, kind = match.groups() if match else (None, None)
        if not place:
            before = ""
            converted.append("O")
            continue
        continues = place in "IEL" and kind == before
        before = "" if place in ENDING else kind
        converted.append(f"{'I' if continues else 'B'}-{kind}")
    return converted


def as_text(words: Sequence[str]) -> str:
    """The words as a text, one per line."""
    return "".join(f"{' '.join(word.split())}\n" for word in words)


def words_of(text: str) -> list[str]:
    """The words of a text of `as_text`."""
    return text.removesuffix("\n").split("\n")
