"""The steps of the pipeline, one file each. Imported only when needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.config import Config
from pipelines.task import Task


@dataclass(frozen=True)
class Request:
    """A request to run a stage.

    Attributes:
        task: the task; None where the stage needs none.
        config: its resolved configuration.
        settings: those of the user, without defaults.
        options: of the stage, by name.
    """

    task: Task | None
    config: Config | None
    settings: dict[str, Any]
    options: dict[str, Any]
