"""File formats of users' data, one module each."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.data.sources.rows import Raw
    from pipelines.task import Task

NAMES = "conll folders images labelled_lines parallel plain_text readings recordings table"
FORMATS: dict[str, str] = {name: f"{__name__}.{name}" for name in NAMES.split()}
"""Name, as in `Task.formats` -> module, imported when a task needs it."""


class Format(Protocol):
    """The interface of a format's module.

    Attributes:
        EXPECTED: a short description for the user.
    """

    EXPECTED: str

    def accepts(self, paths: list[Path]) -> bool:
        """Whether the files or folders look like this format."""
        ...

    def read(self, paths: list[Path], task: Task, settings: DataSettings) -> Raw:
        """Their content as rows.

        Raises:
            UserError: the content does not fit the format or the task.
        """
        ...


def get(name: str) -> Format:
    """The module of a format.

    Args:
        name: one of `FORMATS`.
    """
    return cast("Format", importlib.import_module(FORMATS[name]))
