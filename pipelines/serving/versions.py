"""Versions of exports: staged in a hidden folder, then renamed in place."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.runtime import paths, saved_model
from pipelines.runtime.errors import UserError, unknown


@dataclass(frozen=True)
class Export:
    """A published version.

    Attributes:
        folder: of the SavedModel.
        card: task, run, configuration, labels and origin.
    """

    folder: Path
    card: dict[str, Any]

    @property
    def version(self) -> int:
        """Its number."""
        return int(self.folder.name)


@contextmanager
def staged(task: str) -> Generator[Path]:
    """A temporary folder beside the versions of a task, to write a SavedModel in.

    Args:
        task: its name.
    """
    parent = paths.exports() / task
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staged-", dir=parent) as folder:
        yield Path(folder) / "model"


def publish(staged_model: Path, task: str) -> Path:
    """Renames a staged SavedModel to the next version, so that versions are always complete.

    Returns:
        The version's folder.
    """
    parent = paths.exports() / task
    version = max(numbers(task), default=0) + 1
    while True:
        target = parent / str(version)
        try:
            # Fails if another process has created this version meanwhile.
            staged_model.rename(target)
        except OSError:
            if not target.exists():
                raise
            version += 1
        else:
            return target


def numbers(task: str) -> list[int]:
    """The published versions of a task, ascending."""
    folder = paths.exports() / task
    entries = folder.iterdir() if folder.is_dir() else ()
    return sorted(int(entry.name) for entry in entries if entry.name.isdecimal())


def get(task: str, version: str = "") -> Export:
    """An export of a task.

    Args:
        task: its name.
        version: a number; empty for the newest.

    Raises:
        UserError: there is no such export.
    """
    known = numbers(task)
    if not known:
        raise UserError(f"no export of task {task} yet; run make train TASK={task}.")
    if version and version not in map(str, known):
        raise unknown(f"version of {task}", version, map(str, known))
    folder = paths.exports() / task / (version or str(known[-1]))
    return Export(folder, read_card(folder))


def read_card(folder: Path) -> dict[str, Any]:
    """The card of an exported SavedModel.

    Raises:
        UserError: it has no card.
    """
    card = saved_model.read_card(folder)
    if not card:
        file = folder / saved_model.CARD
        raise UserError(f"{file} is missing: this SavedModel was not exported by Unrolled.")
    return card


def write_extra(folder: Path, name: str, content: Any) -> None:
    """Adds a JSON file to the extra assets of a SavedModel."""
    extra = folder / saved_model.EXTRA
    extra.mkdir(exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (extra / name).write_text(text + "\n", encoding="utf-8")
