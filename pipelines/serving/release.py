"""A trained network -> a verified, evaluated, registered version."""

from __future__ import annotations

from pathlib import Path

import keras

from pipelines.config import Config
from pipelines.data.examples import Examples
from pipelines.data.preprocessing import Preprocessing
from pipelines.runtime.progress import timed
from pipelines.serving import assessment, champion, export, parity, versions
from pipelines.serving.loaded import LoadedModel
from pipelines.task import Task
from pipelines.tracking.runs import Run


def release(
    task: Task,
    config: Config,
    model: keras.Model,
    preprocessing: Preprocessing,
    examples: Examples,
    run: Run,
) -> Path:
    """Exports a network, checks its parity, evaluates it, and registers it.

    Args:
        task: has the thresholds for the registration.
        config: of the run.
        model: with the weights to be served.
        preprocessing: of the run.
        examples: the run's data.
        run: that metrics, figures and the model are logged to.

    Returns:
        The version's folder.

    Raises:
        ParityError: the outputs of the export differ from the network's; it is removed.
    """
    example = export.example_of(task, preprocessing, examples)
    with versions.staged(task.name) as staged:
        with timed("writing the SavedModel"):
            functions = export.Functions.of(config, model, preprocessing)
            card = export.card(config, examples, run.id)
            export.write(staged, functions, model, card)
            versions.write_extra(staged, "example.json", export.warm_up(example))
        with timed("replaying raw requests in a fresh process"):
            requests = parity.requests(functions.parity_specs(), example, examples.splits["test"])
            count = parity.check(staged, functions, requests, preprocessing.requires)
        run.metrics({"export/parity_requests": count})
        loaded = LoadedModel(staged)
        evaluation = assessment.assess(task, loaded, examples)
        assessment.keep(run, evaluation)
        answer = loaded.answer({name: [value] for name, value in example.items()})
        folder = versions.publish(staged, task.name)
    print(f"\n{assessment.table(evaluation)}\n\nexported to {'/'.join(folder.parts[-3:])}")
    run.tags({"export_version": folder.name})
    candidate = champion.Candidate(run, folder, example, answer, preprocessing.requires, examples)
    champion.register(task, evaluation, candidate)
    return folder
