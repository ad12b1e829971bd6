"""`make tasks`: every task with its mode, data, metric, and the last champion's score."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from pipelines import tasks
from pipelines.data import datasets
from pipelines.runtime import paths
from pipelines.stages import Request
from pipelines.task import Task
from pipelines.tracking import registry

HEAD = ("task", "mode", "data", "examples", "metric", "champion")


def run(request: Request) -> None:
    """Prints a table of all tasks, and their descriptions.

    Needs neither TensorFlow nor data; sizes are known after the data were prepared.
    """
    del request
    known = [tasks.get(name) for name in tasks.names()]
    rows = [HEAD, *map(_row, known)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    for row in rows:
        cells = (f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print()
    for task in known:
        description = f"{task.name}: {task.description}"
        print(textwrap.fill(description, 100, subsequent_indent="  "))


def _row(task: Task) -> tuple[str, ...]:
    champion, score = registry.champion_tags(task.name), "-"
    if champion:
        version, tags = champion
        score = f"{tags.get(task.metric, '?')} (version {version})"
    return (task.name, task.mode, task.embedded, _size(task), task.metric, score)


def _size(task: Task) -> str:
    """The size of the prepared embedded data set, or why it is unknown."""
    if not (Path(datasets.__path__[0]) / task.embedded).is_dir():
        return "generated"
    folder = paths.data() / "tfds" / task.embedded
    infos = sorted(folder.rglob("dataset_info.json"))
    if not infos:
        return "not prepared yet"
    return f"{_examples(infos[-1]):,}"


def _examples(info: Path) -> int:
    splits = json.loads(info.read_text("utf-8"))["splits"]
    return sum(int(count) for split in splits for count in split["shardLengths"])
