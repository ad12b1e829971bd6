"""`make train`: data, build, fit, evaluate and export, in one MLflow run."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras

from pipelines.config import Config
from pipelines.data.preprocessing import Preprocessing
from pipelines.evaluation.figures import learning_curve
from pipelines.runtime.errors import UserError
from pipelines.runtime.process import peak_memory
from pipelines.runtime.progress import timed
from pipelines.serving.release import release
from pipelines.stages import Request
from pipelines.stages.data import show_card
from pipelines.task import Task
from pipelines.tracking.runs import Run
from pipelines.training import setup
from pipelines.training.display import Display, Tracked
from pipelines.training.loop import Diverged, Loop, Result
from pipelines.training.run_directory import RunDirectory, resumable

NETWORK = "network"
"""Artifact folder with the network and preprocessing of a run, to export it again."""


def run(request: Request) -> None:
    """Trains, evaluates and exports.

    The option `resume` continues a killed or interrupted run.

    Raises:
        UserError: nothing to resume, or data that cannot be used.
        Diverged: with advice; the run is marked failed.
    """
    task, config = request.task, request.config
    assert task and config
    started = time.perf_counter()
    prepared = setup.prepare(task, config)
    identity = {"config": config.flat(), "data": prepared.examples.provenance.digest}
    directory, record = _open(config, prepared, identity, bool(request.options["resume"]))
    with record:
        card = show_card(task, config, prepared)
        record.json("data_card.json", card)
        try:
            result, model = _fit(task, config, prepared, record, directory)
        except Diverged:
            directory.remove()  # resuming would diverge again
            raise
        if result.progress.epoch:
            _keep_network(record, model, prepared.preprocessing)
            curve = learning_curve(result.progress.history, task.monitored)
            record.figure("figures/learning_curve.png", curve)
        if result.ended == "interrupted":
            record.interrupted = True
            print(_advice(task, record.id, result), file=sys.stderr)
        else:
            release(task, config, model, prepared.preprocessing, prepared.examples, record)
            directory.remove()
        record.metrics(_costs(result, model, time.perf_counter() - started))
    if record.interrupted:
        raise KeyboardInterrupt
    print(f"run {record.id[:8]}, {time.perf_counter() - started:.0f} s in total. Next:")
    print(f'  make predict TASK={task.name} INPUT="..."    make serve    make ui')


def _open(
    config: Config, prepared: setup.Prepared, identity: dict[str, Any], resume: bool
) -> tuple[RunDirectory, Run]:
    """The run to train: a new one, or the latest unfinished one of this identity."""
    unfinished = next(resumable(identity), None)
    if resume:
        if unfinished is None:
            raise UserError(
                "nothing to resume: no unfinished run has this configuration and data; repeat"
                " the settings of the run, or leave RESUME out to start a new one."
            )
        print(f"resuming run {unfinished.run_id[:8]}")
        return unfinished, Run(unfinished.run_id)
    if unfinished:
        print(
            f"run {unfinished.run_id[:8]} with this configuration is unfinished; to resume it,"
            " set RESUME=1"
        )
    record = Run.start(config, prepared.examples)
    directory = RunDirectory(record.id)
    directory.write_identity(identity)
    return directory, record


def _fit(
    task: Task, config: Config, prepared: setup.Prepared, record: Run, directory: RunDirectory
) -> tuple[Result, keras.Model]:
    with timed("encoding"):
        train, validation = setup.batches(prepared, config)
    model = setup.network(config, prepared.preprocessing)
    if slow := setup.slow_recurrence(config, model):
        print(slow, file=sys.stderr)
    print(
        f"training {model.name}: {model.count_params():,} parameters, {len(train)} steps per epoch"
    )
    loop = Loop(
        model,
        prepared.preprocessing.outputs,
        train,
        validation,
        config.training,
        task.monitored,
        directory.folder,
        callbacks=[Display(config.training.epochs, len(train)), Tracked(record.metrics)],
        network=setup.truncated(config, model, prepared.preprocessing),
    )
    result = loop.run()
    best = result.progress.best_epoch
    if best:
        value = f"{task.monitor} {result.progress.best:.4f}"
        print(f"best epoch {best} of {result.progress.epoch} ({value})")
    return result, model


def _keep_network(record: Run, model: keras.Model, preprocessing: Preprocessing) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        model.save(folder / "model.keras")
        preprocessing.save(folder)
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


def _advice(task: Task, run_id: str, result: Result) -> str:
    epochs, best = result.progress.epoch, result.progress.best_epoch
    stopped = f"\nstopped in epoch {epochs + 1}; run {run_id[:8]} has saved"
    if not epochs:
        return (
            f"{stopped} no weights, because no epoch was completed. To start again, run the"
            " same command."
        )
    return (
        f"{stopped} the weights of epoch {best}. To resume, run the same command with"
        f" RESUME=1. To export these weights: make export TASK={task.name} RUN={run_id[:8]}"
    )
