"""`make export`: the best weights of a run as a SavedModel, through the parity gate."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from models.build import load
from pipelines import sources, workbench
from pipelines.config import Config
from pipelines.exporting.release import release
from pipelines.stages import Request
from pipelines.stages.train import NETWORK
from pipelines.tracking import runs


def run(request: Request) -> None:
    """Exports the latest finished run of a task, or the one of the option `run`."""
    task = request.task
    assert task
    record = runs.find(task.name, request.options["run"])
    with tempfile.TemporaryDirectory() as scratch:
        folder = record.fetch(NETWORK, Path(scratch))
        config = Config.from_flat(json.loads(record.read("config.json")))
        features = task.problem.load(folder, config)
        model = load(folder / "model.keras")
    with workbench.timed("loading the data"):
        examples = sources.load(task, config.data)
    print(f"run {record.id[:8]}")
    release(task, config, model, features, examples, record)
