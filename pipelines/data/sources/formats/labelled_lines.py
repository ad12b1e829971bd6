"""Lines of a label, a tab and a text without a header, as in the UCI's SMS Spam Collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.sources.rows import Raw
from pipelines.data.sources.tables import is_table, open_text
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = "a file of lines with a label, a tab and a text"
HEAD = 1 << 16


def accepts(paths: list[Path]) -> bool:
    """Whether this is one file other than a table, with a tab in its first line."""
    if len(paths) != 1 or not paths[0].is_file() or is_table(paths[0]):
        return False
    with paths[0].open("rb") as file:
        return b"\t" in file.readline(HEAD)


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The texts of a file with their labels; quotation marks are part of them.

    Args:
        paths: of the one file.
        task: its columns of the kinds `label` and `text` are filled.
        settings: unused: there is nothing to choose.

    Raises:
        UserError: a line without a tab, or a file that is not UTF-8.
    """
    del settings
    (path,) = paths
    names = {column.kind: column.name for column in task.columns}
    labels, texts = [], []
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            label, tab, text = line.strip("\r\n").partition("\t")
            if not tab and line.strip():
                raise UserError(
                    f"{path} line {number}: expected a label, a tab and a text, but there is no"
                    " tab."
                )
            if tab:
                labels.append(label.strip())
                texts.append(text)
    return Raw(path.name, {"train": {names["text"]: texts, names["label"]: labels}})
