"""Trainings that did not come to their end, and whether somebody still works on one."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines import paths

IDENTITY = "identity.json"


class Workplace:
    """The folder of a running training, locked for as long as this process lives.

    Args:
        run_id: the run that is trained.
    """

    def __init__(self, run_id: str):
        self.run_id = run_id
        self.folder = _parent() / run_id
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def sign(self, identity: dict[str, Any]) -> None:
        """Says what is trained here, so that a resumed call finds it.

        Args:
            identity: configuration and digest of the data; JSON.
        """
        unfinished = self.folder / f"{IDENTITY}.part"
        unfinished.write_text(json.dumps(identity), encoding="utf-8")
        unfinished.replace(self.folder / IDENTITY)  # a reader sees all of it or nothing

    def clear(self) -> None:
        """Removes the folder: the training is complete."""
        self._lock.close()
        shutil.rmtree(self.folder)


def abandoned(identity: dict[str, Any]) -> Iterator[Workplace]:
    """The trainings of that identity that nobody works on, latest first, each one locked.

    Args:
        identity: as it was signed.
    """
    wanted = json.loads(json.dumps(identity))
    found = [file for file in _parent().glob(f"*/{IDENTITY}") if _read(file) == wanted]
    for file in sorted(found, key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            yield Workplace(file.parent.name)
        except BlockingIOError:
            continue  # a process that lives holds it


def _parent() -> Path:
    return paths.mlruns() / "checkpoints"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        return json.loads(file.read_text("utf-8"))
    except FileNotFoundError:  # its training came to an end in this moment
        return None
