"""Parallel text files of the user: each line of one corresponds to the same line of the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.sources.rows import Raw, Rows
from pipelines.data.sources.tables import is_table, open_text
from pipelines.data.splits import SPLIT_NAMES
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = (
    "two files with the same number of lines separated by a comma, source first (a.de,b.en),"
    " or two per split (train.de,train.en,test.de,test.en)"
)


def accepts(paths: list[Path]) -> bool:
    """Whether these are several files other than tables."""
    return len(paths) > 1 and all(path.is_file() and not is_table(path) for path in paths)


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The lines of files that come in pairs, one pair or one for each split.

    Args:
        paths: source and target file of each split.
        task: its columns of the kinds `text` and `target` are filled.
        settings: unused: the order of the files determines source and target.

    Raises:
        UserError: an odd number of files, pairs of unequal length, a file that is empty or not
            UTF-8, a file name without a split, or a split that occurs twice.
    """
    del settings
    if len(paths) % 2:
        raise UserError(
            f"DATA: {len(paths)} files, but files come in pairs of source and target, such as"
            " DATA=a.de,b.en."
        )
    columns = {column.kind: column.name for column in task.columns}
    pairs = list(zip(paths[::2], paths[1::2], strict=True))
    names = [_split(pair) for pair in pairs] if len(pairs) > 1 else ["train"]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        same = [str(pair[0]) for pair, name in zip(pairs, names, strict=True) if name == twice]
        raise UserError(f"DATA: {' and '.join(same)} are both named {twice}.")
    if "train" not in names:
        raise UserError(f"DATA: no pair of files is named train; these are {' and '.join(names)}.")
    splits = {name: _rows(pair, columns) for name, pair in zip(names, pairs, strict=True)}
    source, target = pairs[names.index("train")]
    return Raw(f"{source.name}, {target.name}", splits)


def _split(pair: tuple[Path, Path]) -> str:
    """The split that the names of both files contain."""
    splits = [_named(path) for path in pair]
    for path, split in zip(pair, splits, strict=True):
        if not split:
            raise UserError(
                f"DATA: the name of {path} does not contain a split; write train, val or test"
                " in it, such as train.de."
            )
    if splits[0] != splits[1]:
        raise UserError(
            f"DATA: {pair[0]} and {pair[1]} are a pair, but are named {splits[0]} and"
            f" {splits[1]}; list the two files of a split one after the other."
        )
    return splits[0]


def _named(path: Path) -> str:
    parts = re.split(r"[^a-z]+", path.name.casefold())
    return next((SPLIT_NAMES[part] for part in parts if part in SPLIT_NAMES), "")


def _rows(pair: tuple[Path, Path], columns: dict[str, str]) -> Rows:
    source, target = (_lines(path) for path in pair)
    if len(source) != len(target):
        raise UserError(
            f"DATA: {pair[0]} has {len(source)} lines and {pair[1]} has {len(target)}; each"
            " line of one must correspond to the same line of the other."
        )
    return {columns["text"]: source, columns["target"]: target}


def _lines(path: Path) -> list[str]:
    """The lines of a file; empty ones are kept, because they have a counterpart."""
    with open_text(path) as lines:
        texts = [line.strip() for line in lines]
    if not any(texts):
        raise UserError(f"DATA: {path} contains no text.")
    return texts
