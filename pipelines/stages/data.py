"""`make data`: prepares a task's source and prints the data card."""

from __future__ import annotations

import json
from typing import Any

from pipelines import paths, workbench
from pipelines.card_text import render
from pipelines.config import Config
from pipelines.stages import Request
from pipelines.task import Task


def run(request: Request) -> None:
    """Prepares the data, prints the card and keeps it in `data/cards/`."""
    task, config = request.task, request.config
    assert task and config
    prepared = workbench.prepare(task, config)
    card = show_card(task, config, prepared)
    file = paths.data() / "cards" / f"{task.name}-{prepared.examples.provenance.digest}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"kept as {file.relative_to(paths.root())}")


def show_card(task: Task, config: Config, prepared: workbench.Prepared) -> dict[str, Any]:
    """Prints the data card and returns its figures."""
    with workbench.timed("measuring the data"):
        card = task.problem.card(prepared.examples, prepared.features, config)
    print(f"\n{render(card)}\n")
    return card
