"""Where examples come from: `embedded`, `canonical` or `yours`. Each ends as `Examples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.examples import Examples
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int = 0) -> Examples:
    """The examples of a task, from the source that the settings name.

    Args:
        task: says which columns are needed, and which data set is embedded.
        settings: `data` a path of the user's own, `dataset` a TFDS name, neither for the
            embedded data set.
        seed: of the splits that are made here. It is not the seed of a training: runs that
            differ in that one are compared on the same split.

    Raises:
        UserError: the source cannot be had, or does not hold what the task needs.
    """
    if (settings.data or settings.dataset) and not task.problem.formats:
        raise UserError(
            f"the examples of {task.name} are generated, at the lag of your choice; leave DATA and"
            f" DATASET out, and say LAG=600."
        )
    if settings.data:
        from pipelines.sources import yours

        return yours.load(task, settings, seed)
    if settings.dataset:
        from pipelines.sources import canonical

        return canonical.load(task, settings, seed)
    from pipelines.sources import embedded

    return embedded.load(task, settings, seed)
