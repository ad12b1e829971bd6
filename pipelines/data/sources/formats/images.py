"""PNG and JPEG files of the user: a folder for each class, or a table of file names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.kinds import images
from pipelines.data.sources.formats import folders, table
from pipelines.data.sources.rows import Raw, changed
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = (
    f"a folder with one folder a class of {', '.join(images.SUFFIXES)} files (perhaps below train/ "
    f"and test/), or a table with a column of image files (file, path or image, from the table's "
    f"folder) and a label"
)


def accepts(paths: list[Path]) -> bool:
    """Whether this is one folder, or one table."""
    return folders.accepts(paths) or table.accepts(paths)


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The images as bytes, with their labels.

    Args:
        paths: of the folder, or of the table.
        task: has a column of the kind `image`.
        settings: may choose the columns of the table.

    Raises:
        UserError: another layout, or a file that is missing, not an image or truncated.
    """
    (path,) = paths
    if path.is_dir():
        return folders.read_classes(path, task, settings, "image", images.SUFFIXES, _image)
    raw = table.read(paths, task, settings)
    names = [column.name for column in task.columns if column.kind == "image"]

    def content(name: str) -> bytes:
        return _image(table.listed_file(path, name.strip())) if name.strip() else b""

    return replace(
        raw, splits={split: changed(rows, names, content) for split, rows in raw.splits.items()}
    )


def _image(file: Path) -> bytes:
    content = file.read_bytes()
    try:
        images.check(content)
    except ValueError as error:
        raise UserError(
            f"{file} cannot be read: {error}. Convert it, for instance: magick IN OUT.png, or "
            f"leave it out."
        ) from None
    return content
