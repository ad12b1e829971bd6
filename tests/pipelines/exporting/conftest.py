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
    features: object
    examples: object
    run: object


@pytest.fixture
def parts(trained, root, tmp_path, capsys):
    from models.build import load
    from pipelines import sources, tasks
    from pipelines.config import Config
    from pipelines.tracking import runs

    task = tasks.get("sentiment")
    run = runs.find("sentiment", trained.run_id)
    folder = run.fetch("network", tmp_path)
    config = Config.from_flat(json.loads(run.read("config.json")))
    features = task.problem.load(folder, config)
    examples = sources.load(task, config.data)
    return Parts(task, config, load(folder / "model.keras"), features, examples, run)
