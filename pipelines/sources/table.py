"""A table that the user brings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.sources import tables
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.columns import WORDS_OF_A_TEXT, kinds_of, match
from pipelines.splits import SPLIT_NAMES

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

SPLIT_COLUMN = "split"


EXPECTED = f"a table ({', '.join(tables.FORMATS)}, each also .gz)"


def accepts(paths: list[Path]) -> bool:
    """Whether this is one file with the ending of a table."""
    return len(paths) == 1 and paths[0].is_file() and tables.is_table(paths[0])


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The rows of a table.

    Args:
        paths: of the one file.
        task: whose columns are wanted.
        settings: which column is which, where that is not plain.

    Raises:
        UserError: the table does not hold what the task needs, or has a mistake, with its line.
    """
    (path,) = paths
    table = tables.read(path)
    if not table or not any(table.values()):
        raise UserError(f"{path} holds no rows.")
    splits = _splits(path, table)
    kinds = {name: kinds_of(values) for name, values in table.items() if name != splits}
    names = match(task.problem.columns, kinds, settings, str(path))
    _check_header(
        path, table, {column.kind: names.get(column.name, "") for column in task.problem.columns}
    )
    rows: Rows = {name: table[original] for name, original in names.items()}
    raw = Raw(name=path.name, splits={"train": rows})
    if splits:
        raw.splits = _divide(rows, [SPLIT_NAMES[_plain(value)] for value in table[splits]])
        if "train" not in raw.splits:
            raise UserError(f"{path}: no row of its column '{splits}' says train.")
    for part in raw.splits.values():
        for column in task.problem.columns:
            if column.kind == "label" and column.name in part:
                part[column.name] = [value.strip() for value in part[column.name]]
    return raw


def _check_header(path: Path, table: tables.Table, names: dict[str, str]) -> None:
    """Refuses a file without a header: its first example would be taken for names."""
    label, text = names.get("label", ""), names.get("text", "")
    if label in table.get(label, ()) and len(text.split()) >= WORDS_OF_A_TEXT:
        raise UserError(
            f"{path}: its first line looks like an example, not like names of columns; put a line "
            f"before it such as text,label."
        )


def _splits(path: Path, table: tables.Table) -> str:
    """The column that assigns rows to splits, if there is one; else an empty string."""
    name = next((name for name in table if _plain(name) == SPLIT_COLUMN), "")
    if not name:
        return ""
    values = {_plain(value) for value in table[name]}
    strange = sorted(values - set(SPLIT_NAMES))
    if len(strange) == len(values):
        return ""  # a column of that name with another meaning
    if strange:
        raise UserError(
            f"{path}: column '{name}' holds '{strange[0]}' beside names of splits; write train, "
            f"validation or test in every row, or rename the column."
        )
    return name


def _divide(rows: Rows, where: list[str]) -> dict[str, Rows]:
    return {
        split: {
            name: [value for value, own in zip(values, where, strict=True) if own == split]
            for name, values in rows.items()
        }
        for split in dict.fromkeys(where)
    }


def _plain(text: str) -> str:
    return text.strip().casefold()
