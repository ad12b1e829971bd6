"""Sensor recordings of the user: a table with a row for each reading."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.data.examples import Column
from pipelines.data.kinds import KINDS
from pipelines.data.sources import tables
from pipelines.data.sources.columns import match
from pipelines.data.sources.formats import table as one_table
from pipelines.data.sources.rows import Raw, Rows
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

RECORDING = ("recording", "recording_id", "series", "series_id", "id")
"""Names of the column that assigns readings to recordings."""

EXPECTED = (
    f"a table ({', '.join(tables.FORMATS)}, each also .gz) with a row for each reading: the column "
    f"recording says which one it is of, label its class, perhaps subject whose it is and split "
    f"(train, validation or test); all other columns are channels of numbers"
)


def accepts(paths: list[Path]) -> bool:
    """Whether this is one table."""
    return one_table.accepts(paths)


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The recordings of a table, their readings in the order of the rows.

    Args:
        paths: of the one file.
        task: has a column of the kind `readings` or `steps`, which the channels become.
        settings: may choose the columns.

    Raises:
        UserError: a column is missing, a channel is not numeric, or a value that must be constant
            in a recording is not.
    """
    (path,) = paths
    table = tables.read(path)
    recording = _recording_column(path, table)
    split = one_table.split_column(path, table)
    measured = next(column for column in task.columns if KINDS[column.kind].has_lengths)
    others = [column for column in task.columns if column.kind != measured.kind]
    names = _names(path, table, others, settings, {recording, split})
    if not table[recording]:
        raise UserError(f"{path} contains no rows.")
    channels = [name for name in table if name not in (recording, split, *names.values())]
    if not channels:
        raise UserError(f"{path} has no column of readings; expected: {EXPECTED}.")
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(table[recording]):
        rows_of.setdefault(name, []).append(row)
    values = _numbers(path, table, channels)
    columns: Rows = {measured.name: [values[rows] for rows in rows_of.values()]}
    for name, original in names.items():
        columns[name] = [_constant(path, table, original, *item) for item in rows_of.items()]
    if not split:
        return Raw(path.name, {"train": columns})
    splits = [_constant(path, table, split, *item) for item in rows_of.items()]
    return Raw(path.name, one_table.in_named_splits(path, split, columns, splits))


def _recording_column(path: Path, table: tables.Table) -> str:
    plain = {name.strip().casefold(): name for name in table}
    name = next((plain[name] for name in RECORDING if name in plain), "")
    if not name:
        raise UserError(
            f"{path} does not say which reading is of which recording: no column is named "
            f"{', '.join(RECORDING[:-1])} or {RECORDING[-1]}. Its columns: {', '.join(table)}."
        )
    return name


def _names(
    path: Path,
    table: tables.Table,
    columns: Sequence[Column],
    settings: DataSettings,
    taken: set[str],
) -> dict[str, str]:
    """The task's name of a column -> the table's; unnamed numeric columns are channels."""
    kinds: Mapping[str, set[str]] = {
        name: set() if not values or math.isfinite(_number(values[0])) else {"label"}
        for name, values in table.items()
        if name not in taken
    }
    return match(columns, kinds, settings, str(path))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _numbers(path: Path, table: tables.Table, channels: Sequence[str]) -> np.ndarray:
    """The channels, float32 `[rows, channels]`."""
    columns = []
    for name in channels:
        with np.errstate(over="ignore"):
            column = np.array(list(map(_number, table[name]))).astype(np.float32)
        gaps = np.flatnonzero(~np.isfinite(column))
        if len(gaps):
            cell = table[name][gaps[0]][:40]
            raise UserError(
                f"{path} row {gaps[0] + 1}: '{cell}' in column '{name}' is not a number, as "
                f"readings are; fill the gap, or remove the column."
            )
        columns.append(column)
    return np.stack(columns, axis=1)


def _constant(
    path: Path, table: tables.Table, name: str, recording: str, rows: Sequence[int]
) -> str:
    """The value of a column that all readings of a recording have in common."""
    values = list(dict.fromkeys(table[name][row].strip() for row in rows))
    if len(values) > 1:
        raise UserError(
            f"{path}: recording '{recording}' has '{values[0]}' and '{values[1]}' in its column "
            f"'{name}'; a recording has one. Give what differs a recording of its own."
        )
    return values[0]
