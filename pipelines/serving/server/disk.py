"""The versions in the exports folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LARGEST_VERSION = 2**63 - 1  # TensorFlow Serving's versions are int64


@dataclass(frozen=True)
class VersionFolder:
    """The folder of a version on disk.

    Attributes:
        path: of the folder.
        identity: changes when the folder is replaced by another of the same name.
    """

    path: Path
    identity: tuple[int, ...]


def scan(exports: Path, only: str | None) -> dict[str, dict[int, VersionFolder]]:
    """The versions on disk, by model and number.

    Args:
        exports: the folder of the models.
        only: the only model to scan, or None for all.
    """
    models: dict[str, dict[int, VersionFolder]] = {}
    for model in _folders(exports):
        if model.name.startswith(".") or only not in (None, model.name):
            continue
        versions: dict[int, VersionFolder] = {}
        for folder in _folders(model):
            name = folder.name
            if not (name.isascii() and name.isdigit()) or int(name) > LARGEST_VERSION:
                continue  # a temporary folder of an export that is being written
            identity = _identity(folder)
            if identity:
                versions[int(name)] = VersionFolder(folder, identity)
        if versions:
            models[model.name] = versions
    return models


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except (FileNotFoundError, PermissionError):  # deleted between two scans, or not accessible
        return []


def _identity(folder: Path) -> tuple[int, ...]:
    try:
        directory = folder.stat()
        graph = folder / "saved_model.pb"
        file = graph.stat() if graph.exists() else directory
    except FileNotFoundError:
        return ()
    return (directory.st_dev, directory.st_ino, file.st_ino, file.st_mtime_ns, file.st_size)
