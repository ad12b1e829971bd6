"""WAV files of the user, with a manifest of their transcripts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.data.kinds import of_role
from pipelines.data.sources import tables
from pipelines.data.sources.formats import table
from pipelines.data.sources.rows import changed
from pipelines.data.waves import WAY_OUT, header
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.data.sources.rows import Raw
    from pipelines.task import Task

MANIFEST = "manifest"
COLUMNS = (
    "the columns file (a WAV file, relative to the manifest's folder) and text (the"
    " transcript, such as '3 1 4'), and optionally split (train, validation or test) and"
    " speaker"
)
EXPECTED = f"a folder of WAV files with a manifest.csv, .tsv or .jsonl that has {COLUMNS}"


def accepts(paths: list[Path]) -> bool:
    """Whether this is one folder, or one table."""
    return len(paths) == 1 and (paths[0].is_dir() or tables.is_table(paths[0]))


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The recordings that a manifest names, as bytes, with their transcripts.

    Args:
        paths: of the folder, or of its manifest.
        task: has the columns `audio` and `target`, and optionally a speaker.
        settings: may choose the columns.

    Raises:
        UserError: the manifest is missing or lacks a column, or a recording cannot be used.
    """
    manifest = _manifest(paths[0])
    raw = table.read([manifest], task, settings)
    audio = [column.name for column in task.columns if column.kind == "audio"]
    if not set(audio) & raw.splits["train"].keys():
        raise UserError(f"{manifest} has no column of recordings; it needs {COLUMNS}.")
    texts = [column.name for column in of_role(task.columns, "target")]
    rates: dict[int, Path] = {}
    splits = {
        split: changed(
            changed(rows, audio, lambda name: _recording(manifest, name.strip(), rates)),
            texts,
            str.strip,
        )
        for split, rows in raw.splits.items()
    }
    if len(rates) > 1:
        differing = ", ".join(f"{rate} Hz in {path.name}" for rate, path in rates.items())
        raise UserError(
            f"{manifest.parent}: the recordings have different sample rates: {differing}; "
            f"use the same rate for all. {WAY_OUT}."
        )
    return replace(raw, name=manifest.resolve().parent.name, splits=splits)


def _manifest(path: Path) -> Path:
    if path.is_file():
        return path
    files = sorted(filter(tables.is_table, path.iterdir()))
    manifests = [file for file in files if file.name.split(".")[0] == MANIFEST]
    if not manifests:
        raise UserError(f"{path} has no manifest; expected: {EXPECTED}.")
    if len(manifests) > 1:
        names = ", ".join(file.name for file in manifests)
        raise UserError(f"{path} has several manifests, {names}; choose one: DATA={manifests[0]}.")
    return manifests[0]


def _recording(manifest: Path, name: str, rates: dict[int, Path]) -> bytes:
    """The bytes of a recording, empty without a name; adds the first file of each rate."""
    if not name:
        return b""
    path = table.listed_file(manifest, name)
    content = path.read_bytes()
    try:
        rates.setdefault(header(content).rate, path)
    except ValueError as error:
        raise UserError(f"{path} cannot be read: {error}. {WAY_OUT}.") from None
    return content
