"""Two files of lines that the user brings, a line of one written as the same line of the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.tables import is_table, wrong_bytes
from pipelines.splits import SPLIT_NAMES

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = (
    "two files of equally many lines with a comma between, what is read and then what is written "
    "(a.de,b.en), or two for each split (train.de,train.en,test.de,test.en)"
)


def accepts(paths: list[Path]) -> bool:
    """Whether these are several files, and none of them a table."""
    return len(paths) > 1 and all(path.is_file() and not is_table(path) for path in paths)


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The lines of files that come in pairs, one pair or one for each split.

    Args:
        paths: what is read, what is written, and so on for each split.
        task: whose columns of the kinds `text` and `target` are filled.
        settings: unused: the order of the files says which is which.

    Raises:
        UserError: an odd number of files, pairs of unequal length, an empty file, one that is not
            UTF-8, or names that do not say the split, or say one twice.
    """
    del settings
    if len(paths) % 2:
        raise UserError(
            f"DATA: {len(paths)} files, and they are read in pairs: what is read, then what is "
            f"written, such as DATA=a.de,b.en."
        )
    columns = {column.kind: column.name for column in task.problem.columns}
    pairs = list(zip(paths[::2], paths[1::2], strict=True))
    names = [_split(pair) for pair in pairs] if len(pairs) > 1 else ["train"]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        same = [str(pair[0]) for pair, name in zip(pairs, names, strict=True) if name == twice]
        raise UserError(f"DATA: {' and '.join(same)} are both named as {twice}.")
    if "train" not in names:
        raise UserError(f"DATA: no pair of files is named train; these are {' and '.join(names)}.")
    splits = {name: _rows(pair, columns) for name, pair in zip(names, pairs, strict=True)}
    read, written = pairs[names.index("train")]
    return Raw(f"{read.name}, {written.name}", splits)


def _split(pair: tuple[Path, Path]) -> str:
    """What split the names of both files speak of."""
    found = [_named(path) for path in pair]
    for path, split in zip(pair, found, strict=True):
        if not split:
            raise UserError(
                f"DATA: {path} does not say by its name which split it is; write train, val or "
                f"test in it, such as train.de."
            )
    if found[0] != found[1]:
        raise UserError(
            f"DATA: {pair[0]} and {pair[1]} are read as a pair, and are named as {found[0]} and "
            f"{found[1]}; put the two files of a split one after the other."
        )
    return found[0]


def _named(path: Path) -> str:
    parts = re.split(r"[^a-z]+", path.name.casefold())
    return next((SPLIT_NAMES[part] for part in parts if part in SPLIT_NAMES), "")


def _rows(pair: tuple[Path, Path], columns: dict[str, str]) -> Rows:
    read, written = (_lines(path) for path in pair)
    if len(read) != len(written):
        raise UserError(
            f"DATA: {pair[0]} has {len(read)} lines and {pair[1]} has {len(written)}; line by line "
            f"they must be the same text in two forms."
        )
    return {columns["text"]: read, columns["target"]: written}


def _lines(path: Path) -> list[str]:
    """The lines of a file; an empty one stays, for it has its counterpart."""
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            found = [line.strip() for line in lines]
    except UnicodeDecodeError:
        with path.open("rb") as content:
            raise wrong_bytes(path, content) from None
    if not any(found):
        raise UserError(f"DATA: {path} holds no text.")
    return found
