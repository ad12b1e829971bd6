"""Words with tags: the format of CoNLL files, the schemes of tags, and a sentence as one text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

DOCUMENT = "-DOCSTART-"
"""The word of a line that begins a document and belongs to no sentence."""

TAG = re.compile(r"O|([BIESLU])-(\S+)")
"""IOB1, BIO (IOB2), IO, BIOES and BILOU, in which L is E and U is S."""

ENDING = "ESLU"


class ConllError(ValueError):
    """A line that holds no word with its tag; says which line and what is wrong."""


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

    A line holds a word in its first column and the tag in its last, with tabs or blanks between;
    what is between is ignored. A blank line ends a sentence.

    Args:
        lines: of the file.

    Raises:
        ConllError: a line without a tag, or with another one than `TAG` knows.
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
            f"line {number}: '{word[:40]}' has no tag; a line holds a word first and its tag last, "
            f"with blanks or tabs between"
        )
    if not word or not TAG.fullmatch(tag):
        raise ConllError(
            f"line {number}: '{tag[:40]}' is no tag of '{word[:40]}'; a tag is O, or B-, I-, E- or "
            f"S- with a type, such as B-PER"
        )
    return word, tag


def bio(tags: Sequence[str]) -> list[str]:
    """Tags of any scheme in BIO: each entity begins with B-, whatever is before it.

    Args:
        tags: each fits `TAG`.
    """
    found = []
    before = ""  # the type of an entity that may go on
    for tag in tags:
        match = TAG.fullmatch(tag)
        place, kind = match.groups() if match else (None, None)
        if not place:
            before = ""
            found.append("O")
            continue
        goes_on = place in "IEL" and kind == before
        before = "" if place in ENDING else kind
        found.append(f"{'I' if goes_on else 'B'}-{kind}")
    return found


def as_text(words: Sequence[str]) -> str:
    """Words as the text that stands for them: each on a line of its own."""
    return "".join(f"{' '.join(word.split())}\n" for word in words)


def words_of(text: str) -> list[str]:
    """The words of a text that `as_text` made."""
    return text.removesuffix("\n").split("\n")
