"""The tasks, one file each. Every file in this package is a task; nothing has to register it."""

from __future__ import annotations

import importlib
import pkgutil

from pipelines.runtime.errors import unknown
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
