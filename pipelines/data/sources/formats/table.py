"""A table of the user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.kinds import KINDS, WORDS_OF_A_TEXT, of_role
from pipelines.data.sources import tables
from pipelines.data.sources.columns import kinds_of, match
from pipelines.data.sources.rows import Raw, Rows, by_split, changed
from pipelines.data.splits import SPLIT_NAMES
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

SPLIT_COLUMN = "split"
EXPECTED = f"a table ({', '.join(tables.FORMATS)}, each also .gz)"


def accepts(paths: list[Path]) -> bool:
    """Whether this is one file with the suffix of a table."""
    return len(paths) == 1 and paths[0].is_file() and tables.is_table(paths[0])


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The rows of a table.

    Args:
        paths: of the one file.
        task: its columns are read.
        settings: may choose the columns.

    Raises:
        UserError: the table lacks a column that the task needs, or has a mistake.
    """
    (path,) = paths
    table = tables.read(path)
    if not table or not any(table.values()):
        raise UserError(f"{path} contains no rows.")
    split = split_column(path, table)
    kinds = {name: kinds_of(cells) for name, cells in table.items() if name != split}
    columns = [c for c in task.columns if KINDS[c.kind].cells or not c.optional]
    names = match(columns, kinds, settings, str(path))
    _check_header(path, table, {column.kind: names.get(column.name, "") for column in columns})
    rows: Rows = {name: table[original] for name, original in names.items()}
    rows = changed(rows, [column.name for column in of_role(columns, "label")], str.strip)
    if not split:
        return Raw(path.name, {"train": rows})
    return Raw(path.name, in_named_splits(path, split, rows, table[split]))


def _check_header(path: Path, table: tables.Table, names: dict[str, str]) -> None:
    """Rejects a file without a header, whose first example would be taken for names."""
    label, text = names.get("label", ""), names.get("text", "")
    if label in table.get(label, ()) and len(text.split()) >= WORDS_OF_A_TEXT:
        raise UserError(
            f"{path}: its first line looks like an example, not a header; insert a header line"
            " such as text,label."
        )


def split_column(path: Path, table: tables.Table) -> str:
    """The column that assigns rows to splits; empty if there is none.

    Raises:
        UserError: it contains names of splits and other values.
    """
    name = next((name for name in table if _plain(name) == SPLIT_COLUMN), "")
    if not name:
        return ""
    values = {_plain(value) for value in table[name]}
    others = sorted(values - set(SPLIT_NAMES))
    if len(others) == len(values):
        return ""  # the column has another meaning
    if others:
        raise UserError(
            f"{path}: column '{name}' has the value '{others[0]}' among names of splits;"
            " write train, validation or test in every row, or rename the column."
        )
    return name


def in_named_splits(path: Path, column: str, rows: Rows, cells: Sequence[str]) -> dict[str, Rows]:
    """The rows by split, as a column of the table assigns them.

    Args:
        path: of the table.
        column: as returned by `split_column`.
        rows: of all splits.
        cells: of that column, one for each row.

    Raises:
        UserError: no row is in the training split.
    """
    splits = by_split(rows, [SPLIT_NAMES[_plain(cell)] for cell in cells])
    if "train" not in splits:
        raise UserError(f"{path}: its column '{column}' has no row with train.")
    return splits


def listed_file(path: Path, name: str) -> Path:
    """A file that a table names, relative to the table's folder.

    Raises:
        UserError: there is no such file.
    """
    file = path.parent / name
    if not file.is_file():
        raise UserError(f"{path} names '{name}', which is not in {path.parent}.")
    return file


def _plain(text: str) -> str:
    return text.strip().casefold()
