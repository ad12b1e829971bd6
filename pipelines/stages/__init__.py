"""The steps of the pipeline, one file each. Imported when called for, not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.config import Config
from pipelines.task import Task


@dataclass(frozen=True)
class Request:
    """What a stage was asked to do.

    Attributes:
        task: the task; None where the stage needs none.
        config: its resolved configuration.
        settings: only what was set by hand, not the defaults.
        options: the stage's own options, by name.
    """

    task: Task | None
    config: Config | None
    settings: dict[str, Any]
    options: dict[str, Any]
