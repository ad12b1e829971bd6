"""`make evaluate`: an export on the test split, against the baselines."""

from __future__ import annotations

import dataclasses

from pipelines import assessment, sources, workbench
from pipelines.config import Config
from pipelines.errors import UserError
from pipelines.exporting import versions
from pipelines.exporting.loaded import Loaded
from pipelines.stages import Request
from pipelines.tracking import runs


def run(request: Request) -> None:
    """Evaluates the newest export, or the one of the option `version`.

    The data are those that it was trained with, or those of `DATASET=` or `DATA=`.

    Raises:
        UserError: no such export, or data with other labels.
    """
    task = request.task
    assert task
    export = versions.get(task.name, request.options["version"])
    config = Config.from_flat(export.card["config"])
    elsewhere = request.settings
    if elsewhere:
        # Another source has columns of its own.
        other = {"dataset", "data"} & elsewhere.keys()
        fresh = dict.fromkeys(("dataset", "data", "text", "label", "target"), "") if other else {}
        data = dataclasses.replace(config.data, **(fresh | elsewhere))
        config = dataclasses.replace(config, data=data)
    with workbench.timed("loading the data"):
        examples = sources.load(task, config.data)
    known = tuple(export.card["labels"])
    if examples.labels != known:
        raise UserError(
            f"export {export.version} tells {', '.join(known)} apart, these data hold"
            f" {', '.join(examples.labels)}; evaluate it on data with its own labels."
        )
    evaluation = assessment.assess(task, Loaded(export.folder), examples)
    print(f"\n{task.name} version {export.version}, {examples.provenance.name}, test split\n")
    print(assessment.table(evaluation))
    for name, text in evaluation.texts.items():
        print(f"\n{name}\n{text}")
    if not elsewhere:
        assessment.keep(runs.find(task.name, export.card["run_id"]), evaluation)
