"""Sources of examples: `embedded`, `canonical` and `yours`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.data.examples import Examples
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int = 0) -> Examples:
    """The examples of a task, from the source that the settings name.

    Args:
        task: has the columns, and the name of the embedded data set.
        settings: `data`, a path of the user; `dataset`, a TFDS name; without both the embedded
            data set is loaded.
        seed: of the splits; not the seed of the training, so that runs with different seeds are
            compared on the same split.

    Raises:
        UserError: the source is not available, or lacks a column that the task needs.
    """
    if (settings.data or settings.dataset) and not task.formats:
        raise UserError(
            f"the examples of {task.name} are generated; leave DATA and DATASET out, and set"
            " the lag instead, such as LAG=600."
        )
    name = "yours" if settings.data else "canonical" if settings.dataset else "embedded"
    return importlib.import_module(f"{__name__}.{name}").load(task, settings, seed)
