"""Plain text of the user: a file, several files, or a folder of `.txt` files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.sources.rows import Raw, Rows, by_split
from pipelines.data.sources.tables import read_text
from pipelines.data.splits import SPLIT_NAMES
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

SUFFIX = ".txt"
EXPECTED = f"{SUFFIX} files (one, several separated by commas, or a folder of them)"


def accepts(paths: list[Path]) -> bool:
    """Whether this is a folder, or only text files."""
    files = all(path.is_file() and path.suffix.lower() == SUFFIX for path in paths)
    return files or (len(paths) == 1 and paths[0].is_dir())


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The files, one document each.

    Files or folders that are named `train`, `validation` and `test`, or similarly, are the splits;
    otherwise all is split.

    Args:
        paths: of the files, or of one folder.
        task: must need exactly one document.
        settings: must not choose columns, because there are none.

    Raises:
        UserError: there is no text, a file is not UTF-8, or a column was chosen.
    """
    (column,) = (column.name for column in task.columns if not column.optional)
    if getattr(settings, column, ""):
        raise UserError(f"{paths[0]} is plain text and has no columns; leave out {column.upper()}.")
    files = {path: path.stem for path in paths}
    if paths[0].is_dir():
        inside = sorted(paths[0].rglob("*"))
        inside = [path for path in inside if path.suffix.lower() == SUFFIX and path.is_file()]
        files = {path: path.relative_to(paths[0]).with_suffix("").parts[0] for path in inside}
    if not files:
        raise UserError(f"DATA: {paths[0]} contains no {SUFFIX} file.")
    named = [SPLIT_NAMES.get(name.casefold(), "") for name in files.values()]
    splits = named if _are_splits(named) else ["train"] * len(named)
    rows: Rows = {column: [_content(path) for path in files]}
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return Raw(f"{paths[0].name or paths[0]}{more}", by_split(rows, splits))


def _are_splits(names: list[str]) -> bool:
    return all(names) and "train" in names and len(set(names)) > 1


def _content(file: Path) -> str:
    return read_text(file).replace("\r\n", "\n").replace("\r", "\n")
