"""Directories of unfinished runs."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.runtime import paths

IDENTITY = "identity.json"


class RunDirectory:
    """The directory of a run in training, locked by this process.

    Args:
        run_id: the run that is trained.

    Raises:
        BlockingIOError: another process has locked it.
    """

    def __init__(self, run_id: str):
        self.run_id = run_id
        self.folder = _checkpoints() / run_id
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write_identity(self, identity: dict[str, Any]) -> None:
        """Writes the identity of the run, by which it is found when it is resumed.

        Args:
            identity: configuration and digest of the data; JSON.
        """
        partial = self.folder / f"{IDENTITY}.part"
        partial.write_text(json.dumps(identity), encoding="utf-8")
        partial.replace(self.folder / IDENTITY)  # atomic

    def remove(self) -> None:
        """Removes the directory: the training is complete."""
        self._lock.close()
        shutil.rmtree(self.folder)


def resumable(identity: dict[str, Any]) -> Iterator[RunDirectory]:
    """The unfinished runs of that identity that are not being trained, latest first, locked.

    Args:
        identity: as written by `write_identity`.
    """
    identity = json.loads(json.dumps(identity))
    files = [file for file in _checkpoints().glob(f"*/{IDENTITY}") if _read(file) == identity]
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            yield RunDirectory(file.parent.name)
        except BlockingIOError:
            continue  # locked by another process


def _checkpoints() -> Path:
    return paths.mlruns() / "checkpoints"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        return json.loads(file.read_text("utf-8"))
    except FileNotFoundError:  # the training has just been completed
        return None
