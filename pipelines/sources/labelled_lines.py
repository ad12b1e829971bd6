"""A file of lines without a header: a label, a tab and a text, as the UCI's SMS Spam Collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.sources.assemble import Raw
from pipelines.sources.tables import is_table, wrong_bytes

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

EXPECTED = "a file of lines with a label, a tab and a text"
HEAD = 1 << 16


def accepts(paths: list[Path]) -> bool:
    """Whether this is one file, no table by its ending, with a tab in its first line."""
    if len(paths) != 1 or not paths[0].is_file() or is_table(paths[0]):
        return False
    with paths[0].open("rb") as file:
        return b"\t" in file.readline(HEAD)


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The texts of a file with their labels; quotation marks are part of them.

    Args:
        paths: of the one file.
        task: whose columns of the kinds `label` and `text` are filled.
        settings: unused: there is nothing to choose.

    Raises:
        UserError: a line without a tab, or a file that is not UTF-8.
    """
    del settings
    (path,) = paths
    names = {column.kind: column.name for column in task.problem.columns}
    labels, texts = [], []
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                label, tab, text = line.strip("\r\n").partition("\t")
                if not tab and line.strip():
                    raise UserError(f"{path} line {number}: no tab between a label and a text.")
                if tab:
                    labels.append(label.strip())
                    texts.append(text)
    except UnicodeDecodeError:
        with path.open("rb") as content:
            raise wrong_bytes(path, content) from None
    return Raw(path.name, {"train": {names["text"]: texts, names["label"]: labels}})
