"""`make evaluate`: an export and the baselines on the test split."""

from __future__ import annotations

import dataclasses

from pipelines.config import Config
from pipelines.data import sources
from pipelines.runtime.errors import UserError
from pipelines.runtime.progress import timed
from pipelines.serving import assessment, versions
from pipelines.serving.loaded import LoadedModel
from pipelines.stages import Request
from pipelines.tracking import runs


def run(request: Request) -> None:
    """Evaluates the newest export, or that of the option `version`.

    The data are those of its training, or those of `DATASET=` or `DATA=`.

    Raises:
        UserError: no such export, or data with other labels.
    """
    task = request.task
    assert task
    export = versions.get(task.name, request.options["version"])
    config = Config.from_flat(export.card["config"])
    changes = request.settings
    if changes:
        # Another source has other columns.
        other = {"dataset", "data"} & changes.keys()
        reset = dict.fromkeys(("dataset", "data", "text", "label", "target"), "") if other else {}
        data = dataclasses.replace(config.data, **(reset | changes))
        config = dataclasses.replace(config, data=data)
    with timed("loading the data"):
        examples = sources.load(task, config.data)
    labels = tuple(export.card["labels"])
    if examples.labels != labels:
        raise UserError(
            f"export {export.version} has the labels {', '.join(labels)}, but these data have"
            f" {', '.join(examples.labels)}; evaluate it on data with the same labels."
        )
    evaluation = assessment.assess(task, LoadedModel(export.folder), examples)
    print(f"\n{task.name} version {export.version}, {examples.provenance.name}, test split\n")
    print(assessment.table(evaluation))
    for name, text in evaluation.texts.items():
        print(f"\n{name}\n{text}")
    if not changes:
        assessment.keep(runs.find(task.name, export.card["run_id"]), evaluation)
