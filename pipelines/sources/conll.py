"""CoNLL files that the user brings: words with their tags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import conll
from pipelines.errors import UserError
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.tables import is_table, wrong_bytes
from pipelines.splits import SPLIT_NAMES

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = (
    "a CoNLL file (a word first and its tag last in each line, a blank line behind each sentence), "
    "a folder of such files named train, valid and test, or these with commas between"
)
NAMES = {**SPLIT_NAMES, "testa": "validation", "testb": "test"}
"""Part of a file's name -> the split; the last two are those of CoNLL-2003 itself."""


def accepts(paths: list[Path]) -> bool:
    """Whether these are files that are no tables, or one folder."""
    files = all(path.is_file() and not is_table(path) for path in paths)
    return files or (len(paths) == 1 and paths[0].is_dir())


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The sentences of one file, or of a file for each split.

    Args:
        paths: of the files, or of the folder that they are in.
        task: whose columns of the kinds `text` and `target` are filled.
        settings: unused: a word is in the first column and its tag in the last.

    Raises:
        UserError: a line that is no word with its tag, files that name no split, or one twice.
    """
    del settings
    columns = {column.kind: column.name for column in task.problem.columns}
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
            raise UserError(f"DATA: {file} does not say by its name whether it is train or test.")
        if split in splits:
            raise UserError(f"DATA: {splits[split]} and {file} are both named as {split}.")
        splits[split] = file
    if "train" not in splits:
        where = folder or ", ".join(map(str, files))
        raise UserError(f"DATA: {where} has no file named train, such as train.txt.")
    name = (folder or splits["train"].parent).resolve().name
    return Raw(name, {split: _rows(file, columns) for split, file in splits.items()})


def _split(file: Path) -> str:
    """What split a file's name speaks of; empty where it is none."""
    parts = re.split(r"[._\-\s]+", file.name.casefold())
    return next((NAMES[part] for part in parts if part in NAMES), "")


def _rows(file: Path, columns: dict[str, str]) -> Rows:
    texts, tags = [], []
    try:
        with file.open(encoding="utf-8-sig", newline="\n") as lines:
            for sentence in conll.read(lines):
                texts.append(conll.as_text(sentence.words))
                tags.append(" ".join(sentence.tags))
    except UnicodeDecodeError:
        with file.open("rb") as content:
            raise wrong_bytes(file, content) from None
    except conll.ConllError as error:
        raise UserError(f"{file} {error}.") from None
    if not texts:
        raise UserError(f"{file} holds no sentences.")
    return {columns["text"]: texts, columns["target"]: tags}
