"""CoNLL files of the user: words with their tags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data import conll
from pipelines.data.sources.rows import Raw, Rows
from pipelines.data.sources.tables import is_table, open_text
from pipelines.data.splits import SPLIT_NAMES
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = (
    "a CoNLL file (on each line a word first and its tag last, a blank line after each"
    " sentence), a folder of such files named train, valid and test, or several files"
    " separated by commas"
)
NAMES = {**SPLIT_NAMES, "testa": "validation", "testb": "test"}
"""Part of a file name -> the split; the last two are those of CoNLL-2003."""


def accepts(paths: list[Path]) -> bool:
    """Whether these are files other than tables, or one folder."""
    files = all(path.is_file() and not is_table(path) for path in paths)
    return files or (len(paths) == 1 and paths[0].is_dir())


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The sentences of one file, or of a file for each split.

    Args:
        paths: of the files, or of their folder.
        task: its columns of the kinds `text` and `target` are filled.
        settings: unused: words are in the first column and tags in the last.

    Raises:
        UserError: an invalid line, a file name without a split, or a split that occurs twice.
    """
    del settings
    columns = {column.kind: column.name for column in task.columns}
    if len(paths) == 1 and paths[0].is_file():
        return Raw(paths[0].name, {"train": _rows(paths[0], columns)})
    folder = paths[0] if paths[0].is_dir() else None
    files = sorted(p for p in folder.iterdir() if p.is_file()) if folder else paths
    splits: dict[str, Path] = {}
    for file in files:
        split = _split(file)
        if not split:
            if folder:
                continue  # a README, a licence
            raise UserError(
                f"DATA: the name of {file} does not contain a split; write train, valid or"
                " test in it."
            )
        if split in splits:
            raise UserError(f"DATA: {splits[split]} and {file} are both named {split}.")
        splits[split] = file
    if "train" not in splits:
        where = folder or ", ".join(map(str, files))
        raise UserError(f"DATA: {where} has no file named train, such as train.txt.")
    name = (folder or splits["train"].parent).resolve().name
    return Raw(name, {split: _rows(file, columns) for split, file in splits.items()})


def _split(file: Path) -> str:
    """The split that a file name contains; empty if there is none."""
    parts = re.split(r"[._\-\s]+", file.name.casefold())
    return next((NAMES[part] for part in parts if part in NAMES), "")


def _rows(file: Path, columns: dict[str, str]) -> Rows:
    texts, tags = [], []
    try:
        with open_text(file) as lines:
            for sentence in conll.read(lines):
                texts.append(conll.as_text(sentence.words))
                tags.append(" ".join(sentence.tags))
    except conll.ConllError as error:
        raise UserError(f"{file} {error}.") from None
    if not texts:
        raise UserError(f"{file} contains no sentences.")
    return {columns["text"]: texts, columns["target"]: tags}
