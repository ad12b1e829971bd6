"""`make train`: data, build, fit, evaluate, export, in one run of MLflow."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras

from pipelines import workbench
from pipelines.config import Config
from pipelines.errors import UserError
from pipelines.exporting.release import release
from pipelines.figures import learning_curve
from pipelines.runtime import peak_memory
from pipelines.stages import Request
from pipelines.stages.data import show_card
from pipelines.task import Features, Task
from pipelines.tracking.runs import Run
from pipelines.training import unfinished
from pipelines.training.display import Display, Tracked
from pipelines.training.loop import Diverged, Loop, Result
from pipelines.training.unfinished import Workplace

NETWORK = "network"
"""Artifact folder with what a run's export can be made from again."""


def run(request: Request) -> None:
    """Trains, evaluates and exports.

    The option `resume` goes on with a run that was killed or interrupted.

    Raises:
        UserError: nothing to resume, or data that cannot be used.
        Diverged: with advice; the run is marked failed.
    """
    task, config = request.task, request.config
    assert task and config
    started = time.perf_counter()
    prepared = workbench.prepare(task, config)
    identity = {"config": config.flat(), "data": prepared.examples.provenance.digest}
    workplace, record = _open(config, prepared, identity, bool(request.options["resume"]))
    with record:
        card = show_card(task, config, prepared)
        record.json("data_card.json", card)
        try:
            result, model = _fit(task, config, prepared, record, workplace)
        except Diverged:
            workplace.clear()  # to go on from here would end here again
            raise
        if result.progress.epoch:
            _keep_network(record, model, prepared.features)
            curve = learning_curve(result.progress.history, task.monitor)
            record.figure("figures/learning_curve.png", curve)
        if result.ended == "interrupted":
            record.interrupted = True
            print(_told(task, record.id, result), file=sys.stderr)
        else:
            release(task, config, model, prepared.features, prepared.examples, record)
            workplace.clear()
        record.metrics(_costs(result, model, time.perf_counter() - started))
    if record.interrupted:
        raise KeyboardInterrupt
    print(f"run {record.id[:8]}, {time.perf_counter() - started:.0f} s in all. Next:")
    print(f'  make predict TASK={task.name} INPUT="..."    make serve    make ui')


def _open(
    config: Config, prepared: workbench.Prepared, identity: dict[str, Any], resume: bool
) -> tuple[Workplace, Run]:
    """The run to train in: a new one, or the latest of this identity that did not finish."""
    waiting = next(unfinished.abandoned(identity), None)
    if resume:
        if waiting is None:
            raise UserError(
                "nothing to resume: no unfinished run has this configuration and these data; "
                "repeat the settings of the run, or leave RESUME out to begin a new one."
            )
        print(f"resuming run {waiting.run_id[:8]}")
        return waiting, Run(waiting.run_id)
    if waiting:
        print(f"run {waiting.run_id[:8]} of this configuration is unfinished; RESUME=1 goes on")
    record = Run.start(config, prepared.examples)
    workplace = Workplace(record.id)
    workplace.sign(identity)
    return workplace, record


def _fit(
    task: Task,
    config: Config,
    prepared: workbench.Prepared,
    record: Run,
    workplace: Workplace,
) -> tuple[Result, keras.Model]:
    with workbench.timed("encoding"):
        train, validation = workbench.batches(prepared, config)
    model = workbench.network(config, prepared.features)
    if slow := workbench.slow_recurrence(config, model):
        print(slow, file=sys.stderr)
    print(
        f"training {model.name}: {model.count_params():,} parameters, {len(train)} steps an epoch"
    )
    loop = Loop(
        model,
        prepared.features.outputs,
        train,
        validation,
        config.training,
        task.monitor,
        workplace.folder,
        callbacks=[Display(config.training.epochs, len(train)), Tracked(record.metrics)],
        network=workbench.pieces(config, model, prepared.features),
    )
    result = loop.run()
    best = result.progress.best_epoch
    if best:
        said = f"{task.monitor} {result.progress.best:.4f}"
        print(f"best epoch {best} of {result.progress.epoch} ({said})")
    return result, model


def _keep_network(record: Run, model: keras.Model, features: Features) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        model.save(folder / "model.keras")
        features.save(folder)
        record.folder(folder, NETWORK)


def _costs(result: Result, model: keras.Model, total: float) -> dict[str, float]:
    progress = result.progress
    values = {
        "cost/train_seconds": progress.seconds,
        "cost/total_seconds": total,
        "cost/peak_memory_mib": peak_memory(),
        "cost/parameters": model.count_params(),
        "cost/epochs": progress.epoch,
        "train/best_epoch": progress.best_epoch,
    }
    if progress.seconds:
        values["cost/tokens_per_second"] = progress.steps / progress.seconds
    return values


def _told(task: Task, run_id: str, result: Result) -> str:
    epochs, best = result.progress.epoch, result.progress.best_epoch
    stopped = f"\nstopped in epoch {epochs + 1}; run {run_id[:8]} keeps"
    if not epochs:
        return f"{stopped} no weights: not one epoch was complete. Try again: the same command."
    return (
        f"{stopped} the weights of epoch {best}. Go on: the same command with RESUME=1. "
        f"Export what there is: make export TASK={task.name} RUN={run_id[:8]}"
    )
