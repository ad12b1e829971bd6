"""A folder of WAV files that the user brings, with a manifest that says what is said in each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.sources import table, tables
from pipelines.waves import WAY_OUT, header

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.sources.assemble import Raw
    from pipelines.task import Task

MANIFEST = "manifest"
COLUMNS = (
    "the columns file (a WAV file, from the manifest's folder) and text (what is said, such as "
    "'3 1 4'), and perhaps split (train, validation or test) and speaker"
)
EXPECTED = f"a folder of WAV files with a manifest.csv, .tsv or .jsonl that has {COLUMNS}"


def accepts(paths: list[Path]) -> bool:
    """Whether this is one folder, or one table."""
    return len(paths) == 1 and (paths[0].is_dir() or tables.is_table(paths[0]))


def read(paths: list[Path], task: Task, settings: DataSettings) -> Raw:
    """The recordings that a manifest names, as bytes, with what is said in them.

    Args:
        paths: of the folder, or of its manifest.
        task: has the columns `audio` and `target`, and perhaps a speaker.
        settings: which column is which, where that is not plain.

    Raises:
        UserError: there is no manifest, it lacks a column, or a recording cannot be used.
    """
    manifest = _manifest(paths[0])
    raw = table.read([manifest], task, settings)
    if "audio" not in raw.splits["train"]:
        raise UserError(f"{manifest} does not say which recordings are meant; it needs {COLUMNS}.")
    raw.name = manifest.resolve().parent.name
    rates: dict[int, Path] = {}
    for rows in raw.splits.values():
        rows.pop("features", None)  # a table has none, whatever a column of that name holds
        rows["audio"] = [_recording(manifest, name.strip(), rates) for name in rows["audio"]]
        rows["target"] = [text.strip() for text in rows["target"]]
    if len(rates) > 1:
        said = ", ".join(f"{rate} a second in {path.name}" for rate, path in rates.items())
        raise UserError(
            f"{manifest.parent}: the recordings differ in how many samples they have: {said}; make "
            f"them alike. {WAY_OUT}."
        )
    return raw


def _manifest(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(
        file
        for file in path.iterdir()
        if file.name.split(".")[0] == MANIFEST and tables.is_table(file)
    )
    if not found:
        raise UserError(f"{path} has no manifest; expected: {EXPECTED}.")
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise UserError(f"{path} has {names}; name one of them: DATA={found[0]}.")
    return found[0]


def _recording(manifest: Path, name: str, rates: dict[int, Path]) -> bytes:
    """The bytes of a recording; none where a row names no file. Notes the first of each rate."""
    if not name:
        return b""
    path = manifest.parent / name
    if not path.is_file():
        raise UserError(f"{manifest} names '{name}', which is not in {manifest.parent}.")
    content = path.read_bytes()
    try:
        rates.setdefault(header(content).rate, path)
    except ValueError as error:
        raise UserError(f"{path} cannot be read: {error}. {WAY_OUT}.") from None
    return content
