"""The source `embedded`: a builder of data that ship in a package, or a generator."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

from pipelines.data import datasets
from pipelines.data.examples import Examples
from pipelines.data.sources import prepared
from pipelines.data.sources.assemble import assemble
from pipelines.data.sources.columns import match
from pipelines.data.sources.rows import Raw, Rows

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """The task's embedded data set, prepared first where it is not.

    A module with `generate(lag, seed)`, split -> rows, and `VERSION` is a generator; any other one
    contains a TFDS builder.

    Args:
        task: has the name of the module.
        settings: may choose features, and the lag of generated examples.
        seed: of generated examples; data sets of a builder have splits.

    Raises:
        UserError: the package cannot be fetched.
    """
    package = datasets.find(task.embedded)
    if hasattr(package, "generate"):
        raw = _generated(package, task, settings, seed)
        return assemble(task, raw, settings, seed, "embedded", version=package.VERSION)
    module = importlib.import_module(f"{package.__name__}.{task.embedded}_dataset_builder")
    with prepared.quiet():
        builder = module.Builder(data_dir=prepared.folder())
        if not prepared.is_here(builder):
            print(f"preparing {task.embedded} in {prepared.folder()} (once)", file=sys.stderr)
            prepared.prepare(builder)
        names = prepared.columns(builder, task, settings)
        raw = replace(prepared.read(builder, names, task.columns), name=task.embedded)
    return prepared.assembled(builder, raw, task, settings, seed, "embedded")


def _generated(module: ModuleType, task: Task, settings: DataSettings, seed: int) -> Raw:
    """The columns of generated examples that the task needs."""
    generated: dict[str, Rows] = module.generate(settings.lag, seed)
    kinds: dict[str, set[str]] = {name: set() for name in generated["train"]}
    names = match(task.columns, kinds, settings, task.embedded)
    splits = {
        split: {name: rows[original] for name, original in names.items()}
        for split, rows in generated.items()
    }
    return Raw(f"{task.embedded}, lag {settings.lag}", splits)
