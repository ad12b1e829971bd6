"""The versions that lie in the exports folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LARGEST_VERSION = 2**63 - 1  # TensorFlow Serving's versions are int64


@dataclass(frozen=True)
class Found:
    """A version folder as it is on disk.

    Attributes:
        folder: where.
        identity: changes when the folder is replaced by another of the same name.
    """

    folder: Path
    identity: tuple[int, ...]


def scan(exports: Path, only: str | None) -> dict[str, dict[int, Found]]:
    """The versions on disk, by model and number.

    Args:
        exports: the folder of the models.
        only: the one model to look at, or None for all.
    """
    models: dict[str, dict[int, Found]] = {}
    for model in _folders(exports):
        if model.name.startswith(".") or only not in (None, model.name):
            continue
        versions: dict[int, Found] = {}
        for folder in _folders(model):
            name = folder.name
            if not (name.isascii() and name.isdigit()) or int(name) > LARGEST_VERSION:
                continue  # a temporary folder of an export that is being written
            identity = _identity(folder)
            if identity:
                versions[int(name)] = Found(folder, identity)
        if versions:
            models[model.name] = versions
    return models


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except (FileNotFoundError, PermissionError):  # deleted between two looks, or not ours
        return []


def _identity(folder: Path) -> tuple[int, ...]:
    try:
        here = folder.stat()
        graph = folder / "saved_model.pb"
        mark = graph.stat() if graph.exists() else here
    except FileNotFoundError:
        return ()
    return (here.st_dev, here.st_ino, mark.st_ino, mark.st_mtime_ns, mark.st_size)
