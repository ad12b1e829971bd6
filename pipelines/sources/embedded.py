"""The source `embedded`: a builder of our own over data that ship in a package, or a generator."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from pipelines.examples import Examples
from pipelines.sources import prepared
from pipelines.sources.assemble import Raw, assemble

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """The task's embedded data set, prepared first where it is not.

    A module with `generate(lag, seed)`, split -> rows, and a `VERSION` makes its examples; any
    other one holds a TFDS builder.

    Args:
        task: names the module.
        settings: may choose among the features, and the lag of what is generated.
        seed: of what is generated; data sets of a builder bring their splits.

    Raises:
        UserError: the package cannot be fetched.
    """
    home = importlib.import_module(f"pipelines.datasets.{task.embedded}")
    if hasattr(home, "generate"):
        raw = Raw(f"{task.embedded}, lag {settings.lag}", home.generate(settings.lag, seed))
        return assemble(task, raw, settings, seed, "embedded", version=home.VERSION)
    module = importlib.import_module(f"{home.__name__}.{task.embedded}_dataset_builder")
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
