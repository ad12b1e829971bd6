"""The source `yours`: files that the user brings, in one of the formats of the task's problem."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.examples import Examples
from pipelines.sources.assemble import assemble

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """The examples of a file, of a folder, or of several files with commas between.

    A format is a module of this package with `EXPECTED`, a few words for the user;
    `accepts(paths)`, whether these look like it; and `read(paths, task, settings)`, which gives
    `Raw`.

    Args:
        task: whose columns are wanted, and whose problem names the formats.
        settings: `data` the path, and which column is which where that is not plain.
        seed: of the splits that the data do not bring.

    Raises:
        UserError: the path cannot be read, or does not hold what the task needs.
    """
    paths = _paths(settings.data)
    for path in paths:
        if not path.exists():
            raise UserError(f"DATA: there is no file or folder '{path}' (looked in {Path.cwd()}).")
    formats = [importlib.import_module(f"pipelines.sources.{n}") for n in task.problem.formats]
    fitting = next((module for module in formats if module.accepts(paths)), None)
    if fitting is None:
        choices = "; ".join(module.EXPECTED for module in formats)
        raise UserError(
            f"DATA: {settings.data} is not of a format that {task.name} reads: {choices}."
        )
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
