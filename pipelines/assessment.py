"""An export against the test split and the baselines, and how that is told and kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.examples import Columns, Examples
from pipelines.exporting.loaded import Loaded
from pipelines.task import Evaluation, Task
from pipelines.tracking.runs import Run
from pipelines.workbench import timed


def assess(task: Task, loaded: Loaded, examples: Examples) -> Evaluation:
    """Evaluates what would be served, on the test split, raw inputs and all.

    Args:
        task: decides on metrics and baselines.
        loaded: the export.
        examples: with splits `train` (for the baselines) and `test`.
    """
    test = examples.splits["test"]
    with timed(f"evaluating the export on {examples.size('test'):,} test examples"):
        outputs = outputs_of(loaded, test)
    with timed("fitting the baselines on the training split"):
        baselines = task.problem.baselines(examples)
    return task.problem.evaluate(outputs, test, examples.labels, baselines)


def outputs_of(loaded: Loaded, columns: Columns) -> dict[str, np.ndarray]:
    """What an export answers to a split, and `score_...`, what it thinks of the true targets."""
    outputs = loaded.answer_all(columns)
    if loaded.scores:
        scored = loaded.answer_all(columns, "score")
        outputs |= {f"score_{name}": values for name, values in scored.items()}
    return outputs


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
    """The metrics beside those of the baselines, a line each, intervals in brackets."""
    columns: dict[str, Mapping[str, float]] = {"model": evaluation.metrics, **evaluation.baselines}
    names = [name for name in evaluation.metrics if not name.endswith(("_low", "_high"))]
    # What is measured against a baseline, as a difference, is in none of their columns.
    own = [n for n in names if not all(n in metrics for metrics in columns.values())]
    wide = max(map(len, names)) + 2
    lines = [" " * wide + "".join(f"{name:<26}" for name in columns).rstrip()]
    for name in names:
        shown = columns if name not in own else {"model": evaluation.metrics}
        cells = "".join(f"{_cell(metrics, name):<26}" for metrics in shown.values())
        lines.append(f"{name:<{wide}}{cells}".rstrip())
    return "\n".join(lines)


def _cell(metrics: Mapping[str, float], name: str) -> str:
    if f"{name}_low" not in metrics:
        return f"{metrics[name]:.4f}"
    return f"{metrics[name]:.4f} [{metrics[f'{name}_low']:.3f}, {metrics[f'{name}_high']:.3f}]"
