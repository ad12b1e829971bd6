"""The parts of the trained run, as `make export` puts them together."""

import json
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Parts:
    """Everything that `release` takes; `model` is a copy of the test's own."""

    task: object
    config: object
    model: object
    preprocessing: object
    examples: object
    run: object


@pytest.fixture
def parts(trained, root, tmp_path, capsys):
    from models.build import load
    from pipelines import tasks
    from pipelines.config import Config
    from pipelines.data import sources
    from pipelines.data.preprocessing import Preprocessing
    from pipelines.tracking import runs

    task = tasks.get("sentiment")
    run = runs.find("sentiment", trained.run_id)
    folder = run.fetch("network", tmp_path)
    config = Config.from_flat(json.loads(run.read("config.json")))
    preprocessing = Preprocessing.load(task, folder, config)
    examples = sources.load(task, config.data)
    return Parts(task, config, load(folder / "model.keras"), preprocessing, examples, run)
