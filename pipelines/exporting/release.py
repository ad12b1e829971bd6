"""A trained network -> a verified, evaluated, registered version."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from models import build, serving
from models.settings import SpecError
from models.streaming import Streaming
from pipelines import assessment
from pipelines.config import Config
from pipelines.examples import Examples
from pipelines.exporting import parity, versions
from pipelines.exporting.loaded import Loaded
from pipelines.task import Evaluation, Features, Task
from pipelines.tracking import registry, runs, store
from pipelines.tracking.runs import Run
from pipelines.workbench import timed


def release(
    task: Task,
    config: Config,
    model: keras.Model,
    features: Features,
    examples: Examples,
    run: Run,
) -> Path:
    """Exports through the parity gate, evaluates what was exported, and registers it if it may be.

    Args:
        task: its thresholds gate the registration.
        config: of the run.
        model: with the weights to be served.
        features: of the run.
        examples: the run's data.
        run: takes metrics, figures and the logged model.

    Returns:
        The version's folder.

    Raises:
        ParityError: the export does not answer as the network does; nothing is left behind.
    """
    with versions.staged(task.name) as staged:
        with timed("writing the SavedModel"):
            answer = build.answer(config.model, model, features.outputs, config.generation)
            streaming, whole = _streaming(config, model, features)
            generates = config.model.writes or config.model.head == "next_token"
            beams = generates and config.generation.strategy == "beam"
            serving.write(model, answer, features, staged, streaming, beams)
            said = card(config, examples, run.id) | {"not_in_pieces": whole}
            versions.write_extra(staged, "card.json", said)
            versions.write_extra(staged, "example.json", warm_up(task))
        with timed("replaying raw requests on it in a fresh process"):
            count = parity.check(staged, answer, features, task.example, examples.splits["test"])
        run.metrics({"export/parity_requests": count})
        loaded = Loaded(staged)
        evaluation = assessment.assess(task, loaded, examples)
        assessment.keep(run, evaluation)
        said = loaded.answer({name: [value] for name, value in task.example.items()})
        folder = versions.publish(staged, task.name)
    print(f"\n{assessment.table(evaluation)}\n\nexported to {_shown(folder)}")
    run.tags({"export_version": folder.name})
    _register(task, evaluation, examples, run, folder, said)
    return folder


def _streaming(
    config: Config, model: keras.Model, features: Features
) -> tuple[Streaming | None, str]:
    """The network to be fed in pieces, or why it cannot be."""
    try:
        return build.streaming(config.model, model, features.outputs), ""
    except SpecError as error:
        return None, str(error)


def card(config: Config, examples: Examples, run_id: str) -> dict[str, Any]:
    """What an export says about itself."""
    provenance = examples.provenance
    return {
        "task": config.task,
        "mode": config.model.mode,
        "run_id": run_id,
        "labels": examples.labels,
        "dataset": {
            "source": provenance.source,
            "name": provenance.name,
            "version": provenance.version,
            "digest": provenance.digest,
            "licence": provenance.licence,
        },
        "config": config.flat(),
        "made": {
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "code": runs.code_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }


def warm_up(task: Task) -> dict[str, Any]:
    """A request in TensorFlow Serving's REST form, for servers to try a version with."""
    return {"signature_name": "serving_default", "instances": [dict(task.example)]}


def _register(
    task: Task,
    evaluation: Evaluation,
    examples: Examples,
    run: Run,
    folder: Path,
    answer: dict[str, Any],
) -> None:
    missed = [
        f"{name} {evaluation.metrics.get(name, 0.0):.4f} is below {least}"
        for name, least in task.thresholds.items()
        if evaluation.metrics.get(name, 0.0) < least
    ]
    run.tags({"registered": "no" if missed else "yes"})
    if missed:
        print(f"not registered: {'; '.join(missed)} (the thresholds of task {task.name})")
        return
    value = evaluation.metrics[task.metric]
    with timed("registering it with MLflow"):
        said = {name: _plain(array[0]) for name, array in answer.items()}
        version = registry.register(task.name, run.id, folder, task.example, said)
        tags = {"export_version": folder.name, "dataset_digest": examples.provenance.digest}
        registry.describe(task.name, version, tags | {task.metric: f"{value:.4f}"})
    print(_contest(task, value, examples, version))


def _contest(task: Task, value: float, examples: Examples, version: int) -> str:
    """Moves the alias if the new version beats the champion on this very test split."""
    with store.exclusively():
        before = registry.champion(task.name)
        if before is None:
            registry.promote(task.name, version)
            return f"registered as {task.name} version {version}, the first champion"
        name = f"the champion (version {before.version})"
        known = tuple(versions.read_card(before.saved_model)["labels"])
        if known != examples.labels:
            return (
                f"registered as {task.name} version {version}; {name} stays: it cannot be compared"
                f" on these data, because it tells {', '.join(known)} apart"
            )
        outputs = Loaded(before.saved_model).answer_all(examples.splits["test"])
        theirs = task.problem.evaluate(outputs, examples.splits["test"], examples.labels, {})
        old = theirs.metrics[task.metric]
        if value <= old:
            return (
                f"registered as {task.name} version {version}; {name} stays: its {task.metric} on"
                f" this test split is {old:.4f}, the new one's {value:.4f}"
            )
        registry.promote(task.name, version)
        return (
            f"registered as {task.name} version {version}, the new champion: {task.metric}"
            f" {value:.4f}, version {before.version} has {old:.4f} on this test split"
        )


def _plain(value: Any) -> Any:
    """One output as MLflow's schema inference takes it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "tolist"):
        listed = value.tolist()
        return [_plain(part) for part in listed] if isinstance(listed, list) else listed
    return value


def _shown(folder: Path) -> str:
    return "/".join(folder.parts[-3:])
