"""Registers versions that reach the task's thresholds, and promotes the champion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.data.examples import Examples
from pipelines.outputs.base import Answers, Evaluation
from pipelines.runtime.progress import timed
from pipelines.serving import assessment, versions
from pipelines.serving.loaded import LoadedModel
from pipelines.task import Task
from pipelines.tracking import registry, store
from pipelines.tracking.runs import Run


@dataclass(frozen=True)
class Candidate:
    """A version that may be registered.

    Attributes:
        run: that trained it.
        folder: of its SavedModel.
        example: a raw request.
        answer: to that request, batch first.
        requires: libraries of its operations.
        examples: of its evaluation.
    """

    run: Run
    folder: Path
    example: Mapping[str, Any]
    answer: Answers
    requires: Sequence[str]
    examples: Examples


def register(task: Task, evaluation: Evaluation, candidate: Candidate) -> None:
    """Registers a version, unless it misses a threshold, and prints the result."""
    values = {name: evaluation.metrics.get(name, math.nan) for name in task.thresholds}
    missed = [
        f"{name} {values[name]:.4f} does not reach {limit}"
        for name, limit in task.thresholds.items()
        if not task.directions.better(name, values[name], limit, or_equal=True)
    ]
    candidate.run.tags({"registered": "no" if missed else "yes"})
    if missed:
        print(f"not registered: {'; '.join(missed)} (the thresholds of task {task.name})")
        return
    value = evaluation.metrics[task.metric]
    with timed("registering it with MLflow"):
        version = registry.register(
            task.name,
            candidate.run.id,
            candidate.folder,
            candidate.example,
            {name: _plain(array[0]) for name, array in candidate.answer.items()},
            candidate.requires,
        )
        digest = candidate.examples.provenance.digest
        tags = {"export_version": candidate.folder.name, "dataset_digest": digest}
        registry.describe(task.name, version, tags | {task.metric: f"{value:.4f}"})
    print(_contest(task, value, candidate.examples, version))


def _contest(task: Task, value: float, examples: Examples, version: int) -> str:
    """Promotes the new version if it is better than the champion on this test split."""
    registered = f"registered as {task.name} version {version}"
    with store.exclusively():
        before = registry.champion(task.name)
        if before is None:
            registry.promote(task.name, version)
            return f"{registered}, the first champion"
        stays = f"{registered}; the champion (version {before.version}) stays:"
        labels = tuple(versions.read_card(before.saved_model)["labels"])
        if labels != examples.labels:
            return (
                f"{stays} it cannot be evaluated on these data, because its labels are"
                f" {', '.join(labels)}"
            )
        answers = assessment.answers_of(LoadedModel(before.saved_model), examples.splits["test"])
        evaluation = task.output.evaluate(answers, task.reference(examples, "test"), {})
        old = evaluation.metrics[task.metric]
        if not task.directions.better(task.metric, value, old):
            return (
                f"{stays} its {task.metric} on this test split is {old:.4f}, the new one's"
                f" {value:.4f}"
            )
        registry.promote(task.name, version)
        return (
            f"{registered}, the new champion: {task.metric} {value:.4f}, version {before.version}"
            f" has {old:.4f} on this test split"
        )


def _plain(value: Any) -> Any:
    """One output in a form for MLflow's schema inference."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "tolist"):
        listed = value.tolist()
        return [_plain(part) for part in listed] if isinstance(listed, list) else listed
    return value
