"""The source `yours`: files of the user in one of the task's formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.examples import Examples
from pipelines.data.sources import formats
from pipelines.data.sources.assemble import assemble
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """The examples of a file, of a folder, or of several files separated by commas.

    Args:
        task: has the columns, and the formats in the order in which they are tried.
        settings: `data`, the path, and optionally the columns.
        seed: of the splits that the data lack.

    Raises:
        UserError: the path cannot be read, or lacks a column that the task needs.
    """
    paths = _paths(settings.data)
    for path in paths:
        if not path.exists():
            raise UserError(f"DATA: no such file or folder: '{path}' (relative to {Path.cwd()}).")
    known = [formats.get(name) for name in task.formats]
    fitting = next((module for module in known if module.accepts(paths)), None)
    if fitting is None:
        choices = "; ".join(module.EXPECTED for module in known)
        raise UserError(f"DATA: {task.name} cannot read {settings.data}; expected: {choices}.")
    try:
        raw = fitting.read(paths, task, settings)
    except OSError as error:
        raise UserError(
            f"DATA: {error.filename or paths[0]} cannot be read: {error.strerror}."
        ) from error
    return assemble(task, raw, settings, seed, "yours")


def _paths(data: str) -> list[Path]:
    whole = Path(data).expanduser()
    if whole.exists() or "," not in data:
        return [whole]
    return [Path(part).expanduser() for part in data.split(",")]
