"""`make data`: prepares a task's source and prints the data card."""

from __future__ import annotations

import json
from typing import Any

from pipelines.config import Config
from pipelines.data.card import data_card
from pipelines.data.card.text import render
from pipelines.runtime import paths
from pipelines.runtime.progress import timed
from pipelines.stages import Request
from pipelines.task import Task
from pipelines.training import setup


def run(request: Request) -> None:
    """Prepares the data, prints the card and saves it in `data/cards/`."""
    task, config = request.task, request.config
    assert task and config
    prepared = setup.prepare(task, config)
    card = show_card(task, config, prepared)
    file = paths.data() / "cards" / f"{task.name}-{prepared.examples.provenance.digest}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"saved as {file.relative_to(paths.root())}")


def show_card(task: Task, config: Config, prepared: setup.Prepared) -> dict[str, Any]:
    """Prints the data card and returns it."""
    with timed("measuring the data"):
        card = data_card(task, prepared.examples, prepared.preprocessing, config)
    print(f"\n{render(card)}\n")
    return card
