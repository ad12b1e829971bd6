"""`make export`: the best weights of a run as a SavedModel, through the parity gate."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from models.build import load
from pipelines.config import Config
from pipelines.data import sources
from pipelines.data.preprocessing import Preprocessing
from pipelines.runtime.progress import timed
from pipelines.serving.release import release
from pipelines.stages import Request
from pipelines.stages.train import NETWORK
from pipelines.tracking import runs


def run(request: Request) -> None:
    """Exports the latest finished run of a task, or that of the option `run`."""
    task = request.task
    assert task
    record = runs.find(task.name, request.options["run"])
    with tempfile.TemporaryDirectory() as scratch:
        folder = record.fetch(NETWORK, Path(scratch))
        config = Config.from_flat(json.loads(record.read("config.json")))
        preprocessing = Preprocessing.load(task, folder, config)
        model = load(folder / "model.keras")
    with timed("loading the data"):
        examples = sources.load(task, config.data)
    print(f"run {record.id[:8]}")
    release(task, config, model, preprocessing, examples, record)
