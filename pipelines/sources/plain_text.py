"""Plain text that the user brings: a file, several files, or a folder of `.txt` files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.tables import wrong_bytes
from pipelines.splits import SPLIT_NAMES

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

SUFFIX = ".txt"
EXPECTED = f"{SUFFIX} files (one, several with commas between, or a folder of them)"


def accepts(paths: list[Path]) -> bool:
    """Whether this is a folder, or nothing but text files."""
    files = all(path.is_file() and path.suffix.lower() == SUFFIX for path in paths)
    return files or (len(paths) == 1 and paths[0].is_dir())


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The files, a document each.

    Files or folders that are called `train`, `validation` and `test`, or as people also say it, are
    these splits; else the splits are made of the whole.

    Args:
        paths: of the files, or of one folder.
        task: must need one document, for a file holds nothing else.
        settings: must choose no columns, for there are none.

    Raises:
        UserError: there is no text, a file is not UTF-8, or a column was chosen.
    """
    (column,) = (column.name for column in task.problem.columns if not column.optional)
    if getattr(settings, column, ""):
        raise UserError(f"{paths[0]} is plain text, it has no columns: leave out {column.upper()}.")
    files = {path: path.stem for path in paths}
    if paths[0].is_dir():
        found = sorted(p for p in paths[0].rglob("*") if p.suffix.lower() == SUFFIX and p.is_file())
        files = {path: path.relative_to(paths[0]).with_suffix("").parts[0] for path in found}
    if not files:
        raise UserError(f"DATA: {paths[0]} holds no {SUFFIX} file.")
    named = [SPLIT_NAMES.get(name.casefold(), "") for name in files.values()]
    raw = Raw(name=paths[0].name or str(paths[0]), splits={})
    if len(paths) > 1:
        raw.name += f" and {len(paths) - 1} more"
    for path, split in zip(
        files, named if _are_splits(named) else ["train"] * len(named), strict=True
    ):
        rows: Rows = raw.splits.setdefault(split, {column: []})
        rows[column].append(_content(path))
    return raw


def _are_splits(names: list[str]) -> bool:
    return all(names) and "train" in names and len(set(names)) > 1


def _content(file: Path) -> str:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong_bytes(file, content.splitlines()) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
