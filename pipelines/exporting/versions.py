"""Versions of exports: staged in a hidden folder, then renamed in place."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines import paths
from pipelines.errors import UserError, unknown

EXTRA = "assets.extra"
"""TensorFlow Serving's place for what comes with a SavedModel and is not part of it."""


@dataclass(frozen=True)
class Export:
    """A version that is in place.

    Attributes:
        folder: of the SavedModel.
        card: what it is: task, run, configuration, labels, how it was made.
    """

    folder: Path
    card: dict[str, Any]

    @property
    def version(self) -> int:
        """The number that it is served under."""
        return int(self.folder.name)


@contextmanager
def staged(task: str) -> Generator[Path]:
    """A folder beside the versions, to write a SavedModel in; gone afterwards, whatever happens.

    Args:
        task: whose exports it will belong to.
    """
    parent = paths.exports() / task
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staged-", dir=parent) as folder:
        yield Path(folder) / "model"


def publish(staged_model: Path, task: str) -> Path:
    """Renames a staged SavedModel to the next version: a reader never sees half of one.

    Returns:
        The version's folder.
    """
    parent = paths.exports() / task
    version = max(numbers(task), default=0) + 1
    while True:
        target = parent / str(version)
        try:
            # Fails where another process took the number in between: the folder is not empty.
            staged_model.rename(target)
        except OSError:
            if not target.exists():
                raise
            version += 1
        else:
            return target


def numbers(task: str) -> list[int]:
    """The versions of a task that are in place, ascending."""
    folder = paths.exports() / task
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(int(entry.name) for entry in found if entry.name.isdecimal())


def get(task: str, version: str = "") -> Export:
    """An export of a task.

    Args:
        task: its name.
        version: a number; the newest where it is empty.

    Raises:
        UserError: there is none.
    """
    known = numbers(task)
    if not known:
        raise UserError(f"no export of task {task} yet; make one: make train TASK={task}")
    if version and version not in map(str, known):
        raise unknown(f"version of {task}", version, map(str, known))
    folder = paths.exports() / task / (version or str(known[-1]))
    return Export(folder, read_card(folder))


def read_card(saved_model: Path) -> dict[str, Any]:
    """What a SavedModel of ours says about itself.

    Raises:
        UserError: it says nothing.
    """
    file = saved_model / EXTRA / "card.json"
    if not file.exists():
        raise UserError(f"there is no {file}: this SavedModel was not exported by Unrolled.")
    return json.loads(file.read_text("utf-8"))


def write_extra(saved_model: Path, name: str, content: Any) -> None:
    """Puts a JSON file among the extra assets of a SavedModel."""
    folder = saved_model / EXTRA
    folder.mkdir(exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / name).write_text(text + "\n", encoding="utf-8")
