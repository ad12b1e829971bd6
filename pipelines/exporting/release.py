"""A trained network -> a verified, evaluated, registered version."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import keras
import tensorflow as tf

from models import build, serving
from models.serving import Score
from models.settings import SpecError
from models.streaming import Streaming
from pipelines import assessment, raw
from pipelines.config import Config
from pipelines.evaluation.direction import better
from pipelines.examples import Examples
from pipelines.exporting import parity, versions
from pipelines.exporting.loaded import Loaded
from pipelines.task import Evaluation, Features, Task
from pipelines.tracking import registry, runs, store
from pipelines.tracking.runs import Run
from pipelines.workbench import timed

if TYPE_CHECKING:
    from models.outputs.steps import StepOutputs


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
            score = _score(model, features)
            serving.write(model, answer, features, staged, streaming, beams, score)
            said = card(config, examples, run.id)
            said |= {"not_in_pieces": whole, "requires": features.requires}
            versions.write_extra(staged, "card.json", said)
            example = example_of(task, features, examples)
            versions.write_extra(staged, "example.json", warm_up(example))
        with timed("replaying raw requests on it in a fresh process"):
            test = examples.splits["test"]
            draws = generates and config.generation.strategy == "sample"
            rated = score if draws else None
            count = parity.check(
                *(staged, answer, features, example, test, features.requires, rated),
                logarithms=config.model.writes or config.model.head == "crf",
            )
        run.metrics({"export/parity_requests": count})
        loaded = Loaded(staged)
        evaluation = assessment.assess(task, loaded, examples)
        assessment.keep(run, evaluation)
        said = loaded.answer({name: [value] for name, value in example.items()})
        folder = versions.publish(staged, task.name)
    print(f"\n{assessment.table(evaluation)}\n\nexported to {_shown(folder)}")
    run.tags({"export_version": folder.name})
    _register(task, evaluation, examples, run, folder, (example, said, features.requires))
    return folder


def _score(model: keras.Model, features: Features) -> Score | None:
    """How the network rates given targets, where its road leads there."""
    if not hasattr(features, "target_signature"):
        return None
    return build.score(model, cast("StepOutputs", features.outputs))


def example_of(task: Task, features: Features, examples: Examples) -> dict[str, Any]:
    """A raw request: the task's own where its inputs are these, else the first of the test."""
    names = features.signature()
    if names.keys() <= task.example.keys():
        return {name: task.example[name] for name in names}
    return {name: examples.splits["test"][name][0] for name in names}


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


def warm_up(example: Mapping[str, Any]) -> dict[str, Any]:
    """A raw request in TensorFlow Serving's REST form, for servers to try a version with."""
    instance = {name: raw.to_json(value) for name, value in example.items()}
    return {"signature_name": "serving_default", "instances": [instance]}


def _register(
    task: Task,
    evaluation: Evaluation,
    examples: Examples,
    run: Run,
    folder: Path,
    asked: tuple[Mapping[str, Any], Mapping[str, Any], Sequence[str]],
) -> None:
    missed = [
        f"{name} {evaluation.metrics.get(name, math.nan):.4f} is not as good as {limit}"
        for name, limit in task.thresholds.items()
        if not better(name, evaluation.metrics.get(name, math.nan), limit, or_equal=True)
    ]
    run.tags({"registered": "no" if missed else "yes"})
    if missed:
        print(f"not registered: {'; '.join(missed)} (the thresholds of task {task.name})")
        return
    value = evaluation.metrics[task.metric]
    with timed("registering it with MLflow"):
        example, answer, requires = asked
        said = {name: _plain(array[0]) for name, array in answer.items()}
        version = registry.register(task.name, run.id, folder, example, said, requires)
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
        test = examples.splits["test"]
        outputs = assessment.outputs_of(Loaded(before.saved_model), test)
        old = task.problem.evaluate(outputs, test, examples.labels, {}).metrics[task.metric]
        if not better(task.metric, value, old):
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
