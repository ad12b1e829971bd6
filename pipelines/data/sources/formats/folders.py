"""A folder with one subfolder of .txt files per class, optionally within folders of splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.data.kinds import of_role
from pipelines.data.sources.rows import Raw, Rows
from pipelines.data.sources.tables import read_text
from pipelines.data.splits import SPLIT_NAMES
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

UNLABELLED = ("unsup", "unsupervised", "unlabeled", "unlabelled")
"""Names of folders for texts without a class, beside those of the classes."""

EXPECTED = "a folder with one folder per class"


def accepts(paths: list[Path]) -> bool:
    """Whether this is one folder."""
    return len(paths) == 1 and paths[0].is_dir()


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The texts of all classes, the classes sorted by name.

    Args:
        paths: of the one folder.
        task: must need exactly one text and one label.
        settings: must not choose columns, because there are none.

    Raises:
        UserError: another layout, a task that needs more, or a file that is not UTF-8.
    """
    return read_classes(paths[0], task, settings, "text", (".txt",), _text)


def read_classes(
    path: Path,
    task: Task,
    settings: DataSettings,
    kind: str,
    suffixes: tuple[str, ...],
    content: Callable[[Path], Any],
) -> Raw:
    """The files of all classes, the classes sorted by name.

    Args:
        path: of the folder.
        task: must need exactly one input and one label.
        settings: must not choose columns, because there are none.
        kind: of the input.
        suffixes: of the files that are read; others are counted as removed.
        content: file -> value.

    Raises:
        UserError: another layout, or a task that needs more.
    """
    needed = [column for column in task.columns if not column.optional]
    if sorted(column.kind for column in needed) != sorted(["label", kind]):
        kinds = ", ".join(f"{column.name} ({column.kind})" for column in needed)
        raise UserError(f"DATA: {task.name} needs {kinds}; a folder provides a {kind} and a label.")
    chosen = [c.name.upper() for c in needed if getattr(settings, c.name, "")]
    if chosen:
        raise UserError(f"{path} is a folder and has no columns; leave out {' and '.join(chosen)}.")
    value, label = (of_role(needed, role)[0].name for role in ("input", "label"))
    splits: dict[str, Rows] = {}
    removed: Counter[str] = Counter()
    for split, folder in _splits(path).items():
        files = _labelled_files(folder, suffixes, removed)
        splits[split] = {
            value: [content(file) for file, _ in files],
            label: [name for _, name in files],
        }
    if not any(rows[value] for rows in splits.values()):
        raise _no_examples(path, suffixes)
    return Raw(path.name or str(path), splits, removed=removed)


def _splits(path: Path) -> dict[str, Path]:
    """Split -> its folder; only `train` where the subfolders are not named like splits."""
    subfolders = _folders(path)
    splits = [SPLIT_NAMES.get(folder.name.casefold(), "") for folder in subfolders]
    if not subfolders or not all(splits):
        return {"train": path}
    if len(set(splits)) < len(subfolders) or "train" not in splits:
        names = ", ".join(folder.name for folder in subfolders)
        raise UserError(
            f"{path} has the folders {names}; it needs train, and each split at most once."
        )
    return dict(zip(splits, subfolders, strict=True))


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))


def _labelled_files(
    folder: Path, suffixes: tuple[str, ...], removed: Counter[str]
) -> list[tuple[Path, str]]:
    """The files in the folders of the classes, each with its class; counts the others."""
    files = []
    for class_folder in _folders(folder):
        for file in sorted(p for p in class_folder.iterdir() if not p.name.startswith(".")):
            if file.is_dir() or file.suffix.lower() not in suffixes:
                removed[f"not a {' or '.join(suffixes)} file in a class's folder"] += 1
            elif class_folder.name.casefold() in UNLABELLED:
                removed["without a label"] += 1
            else:
                files.append((file, class_folder.name))
    return files


def _no_examples(path: Path, suffixes: tuple[str, ...]) -> UserError:
    layout = f"one folder per class with {' or '.join(suffixes)} files in it"
    others = sorted(p.name for p in path.iterdir() if p.is_file() and p.suffix not in suffixes)
    hint = f" To use one of its files: DATA={path / others[0]}." if others else ""
    return UserError(
        f"{path} contains no examples; expected: {layout}, or train/ and test/ with such folders."
        f"{hint}"
    )


def _text(file: Path) -> str:
    return read_text(file).strip()
