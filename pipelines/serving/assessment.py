"""Evaluates an export on the test split, and logs and prints the results."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.data.examples import Columns, Examples
from pipelines.outputs.base import Answers, Evaluation
from pipelines.runtime.progress import timed
from pipelines.serving.loaded import LoadedModel
from pipelines.task import Task
from pipelines.tracking.runs import Run


def assess(task: Task, loaded: LoadedModel, examples: Examples) -> Evaluation:
    """Evaluates an export and the baselines on the raw test split.

    Args:
        task: has the metrics and baselines.
        loaded: the export.
        examples: with splits `train` (for the baselines) and `test`.
    """
    with timed(f"evaluating the export on {examples.size('test'):,} test examples"):
        answers = answers_of(loaded, examples.splits["test"])
    baselines: dict[str, Answers] = {}
    if task.baselines:
        with timed("fitting the baselines on the training split"):
            baselines = task.baselines.answers(examples)
    return task.output.evaluate(answers, task.reference(examples, "test"), baselines)


def answers_of(loaded: LoadedModel, columns: Columns) -> dict[str, np.ndarray]:
    """An export's answers for a split, and `score_...`, its scores of the true targets."""
    answers = loaded.answer_all(columns)
    if loaded.scores:
        scores = loaded.answer_all(columns, "score")
        answers |= {f"score_{name}": values for name, values in scores.items()}
    return answers


def keep(run: Run, evaluation: Evaluation) -> None:
    """Logs an evaluation: `test/...`, `baseline/<name>/...`, figures and texts."""
    values = {f"test/{name}": value for name, value in evaluation.metrics.items()}
    for baseline, metrics in evaluation.baselines.items():
        values |= {f"baseline/{baseline}/{name}": value for name, value in metrics.items()}
    run.metrics(values)
    for name, figure in evaluation.figures.items():
        run.figure(f"figures/{name}", figure)
    for name, text in evaluation.texts.items():
        run.text(f"report/{name}", text)


def table(evaluation: Evaluation) -> str:
    """A table of the metrics beside those of the baselines, intervals in brackets."""
    columns: dict[str, Mapping[str, float]] = {"model": evaluation.metrics, **evaluation.baselines}
    names = [name for name in evaluation.metrics if not name.endswith(("_low", "_high"))]
    # Differences to a baseline are only in the column of the model.
    model_only = [n for n in names if not all(n in metrics for metrics in columns.values())]
    wide = max(map(len, names)) + 2
    lines = [" " * wide + "".join(f"{name:<26}" for name in columns).rstrip()]
    for name in names:
        shown = columns if name not in model_only else {"model": evaluation.metrics}
        cells = "".join(f"{_cell(metrics, name):<26}" for metrics in shown.values())
        lines.append(f"{name:<{wide}}{cells}".rstrip())
    return "\n".join(lines)


def _cell(metrics: Mapping[str, float], name: str) -> str:
    if f"{name}_low" not in metrics:
        return f"{metrics[name]:.4f}"
    return f"{metrics[name]:.4f} [{metrics[f'{name}_low']:.3f}, {metrics[f'{name}_high']:.3f}]"
