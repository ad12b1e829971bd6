"""The source `embedded`: a builder of our own over data that ship in a package."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from pipelines.examples import Examples
from pipelines.sources import prepared
from pipelines.sources.assemble import assemble

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """The task's embedded data set, prepared first where it is not.

    Args:
        task: names the module of the builder.
        settings: may choose among the features.
        seed: unused as a rule, for these data sets bring their splits.

    Raises:
        UserError: the package cannot be fetched.
    """
    module = importlib.import_module(
        f"pipelines.datasets.{task.embedded}.{task.embedded}_dataset_builder"
    )
    with prepared.quiet():
        builder = module.Builder(data_dir=prepared.folder())
        if not prepared.is_here(builder):
            print(f"preparing {task.embedded} in {prepared.folder()} (once)", file=sys.stderr)
            prepared.prepare(builder)
        names = prepared.columns(builder, task, settings)
        label = next((c.name for c in task.problem.columns if c.kind == "label"), "")
        raw = prepared.read(builder, names, label)
    raw.name = task.embedded
    return assemble(
        task,
        raw,
        settings,
        seed,
        "embedded",
        version=str(builder.version),
        licence=builder.info.redistribution_info.license,
    )
