"""The tasks: one file each. A file that is here is a task; nothing else has to know it."""

from __future__ import annotations

import importlib
import pkgutil

from pipelines.errors import unknown
from pipelines.task import Task


def names() -> list[str]:
    """All tasks there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get(name: str) -> Task:
    """The task of that name.

    Raises:
        UserError: there is none.
    """
    if name not in names():
        raise unknown("task", name, names())
    return importlib.import_module(f"{__name__}.{name}").TASK
