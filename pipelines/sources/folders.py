"""A folder of one folder a class, each of .txt files; perhaps below folders of splits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.tables import wrong_bytes
from pipelines.splits import SPLIT_NAMES

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

UNLABELLED = ("unsup", "unsupervised", "unlabeled", "unlabelled")
"""Folders that corpora keep texts without a class in, beside those of the classes."""

LAYOUT = "one folder a class with .txt files in it, or train/ and test/ with such folders"


EXPECTED = "a folder with one folder a class"


def accepts(paths: list[Path]) -> bool:
    """Whether this is one folder."""
    return len(paths) == 1 and paths[0].is_dir()


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The texts of all classes, the classes sorted by name.

    Args:
        paths: of the one folder.
        task: must need one text and one label, for a folder holds nothing else.
        settings: must choose no columns, for there are none.

    Raises:
        UserError: another layout, a task that needs more, or a file that is not UTF-8.
    """
    (path,) = paths
    needed = [column for column in task.problem.columns if not column.optional]
    if sorted(column.kind for column in needed) != ["label", "text"]:
        kinds = ", ".join(f"{column.name} ({column.kind})" for column in needed)
        raise UserError(f"DATA: {task.name} needs {kinds}; a folder holds a text and a label.")
    chosen = [c.name.upper() for c in needed if getattr(settings, c.name, "")]
    if chosen:
        raise UserError(f"{path} is a folder, it has no columns: leave out {' and '.join(chosen)}.")
    text, label = (next(c.name for c in needed if c.kind == kind) for kind in ("text", "label"))
    raw = Raw(name=path.name or str(path), splits={})
    below = _folders(path)
    splits = {folder: SPLIT_NAMES.get(folder.name.casefold(), "") for folder in below}
    if below and all(splits.values()):
        if len(set(splits.values())) < len(below) or "train" not in splits.values():
            names = ", ".join(folder.name for folder in below)
            raise UserError(
                f"{path} has the folders {names}; it needs train, and each split once at most."
            )
    else:
        splits = {path: "train"}
    for folder, split in splits.items():
        raw.splits[split] = _classes(folder, text, label, raw)
    if not any(rows[text] for rows in raw.splits.values()):
        tables = sorted(p.name for p in path.iterdir() if p.is_file() and p.suffix != ".txt")
        hint = f" For one of its files: DATA={path / tables[0]}." if tables else ""
        raise UserError(f"{path} holds no examples; expected: {LAYOUT}.{hint}")
    return raw


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))


def _classes(folder: Path, text: str, label: str, raw: Raw) -> Rows:
    rows: Rows = {text: [], label: []}
    for kind in _folders(folder):
        for file in sorted(p for p in kind.iterdir() if not p.name.startswith(".")):
            if file.is_dir() or file.suffix.lower() != ".txt":
                raw.removed["not a .txt file in a class's folder"] += 1
            elif kind.name.casefold() in UNLABELLED:
                raw.removed["without a label"] += 1
            else:
                rows[text].append(_content(file))
                rows[label].append(kind.name)
    return rows


def _content(file: Path) -> str:
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise wrong_bytes(file, content.splitlines()) from None
