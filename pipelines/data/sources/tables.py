"""Reads text files, and .csv, .tsv, .jsonl and .json, also gzipped, as columns of text cells.

Uses the standard library's readers rather than pandas: they know the line of a mistake, never
convert "NA" or "007", and read large files line by line.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import zlib
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TextIO, cast

from pipelines.runtime.errors import UserError

Table = dict[str, list[str]]
"""Name of a column -> its cells; all columns have the same length."""

FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
LONGEST_CELL = 1 << 30


def is_table(path: Path) -> bool:
    """Whether the file's suffix is one of `FORMATS`, optionally followed by .gz."""
    return bool(_suffix(path))


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes and suffixes[-1] in FORMATS else ""


def read(path: Path) -> Table:
    """All columns of a file.

    Args:
        path: its suffix, one of `FORMATS`, determines the format.

    Raises:
        UserError: a mistake in the file, with its line.
    """
    suffix = _suffix(path)
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty.")
    try:
        if suffix in (".csv", ".tsv"):
            return _delimited(path, suffix == ".tsv")
        return _json(path)
    except UnicodeDecodeError:
        with _bytes(path) as file:
            raise _wrong_bytes(path, file) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(
            f"{path} is a corrupt or truncated gzip file ({error}); download or compress it again."
        ) from None


@contextlib.contextmanager
def open_text(path: Path) -> Generator[TextIO]:
    """Opens a UTF-8 file; its lines end with a line feed.

    Raises:
        UserError: the file is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            yield file
    except UnicodeDecodeError:
        with path.open("rb") as lines:
            raise _wrong_bytes(path, lines) from None


def read_text(path: Path) -> str:
    """The content of a UTF-8 file.

    Raises:
        UserError: the file is not UTF-8.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong_bytes(path, content.splitlines()) from None


def _wrong_bytes(path: Path, lines: Iterable[bytes]) -> UserError:
    """The error for a file that is not UTF-8: the line, and how to convert it."""
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
            return _not_utf8(path, "it is UTF-16", "UTF-16")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            wrong = f"line {number}, byte {error.start + 1} is 0x{line[error.start]:02x}"
            return _not_utf8(path, wrong, "WINDOWS-1252")
    # Only the end of the last character is missing.
    return _not_utf8(path, "its last character is truncated", "WINDOWS-1252")


def _not_utf8(path: Path, what: str, likely: str) -> UserError:
    return UserError(
        f"{path} is not UTF-8: {what}. If it is {likely}, convert it with iconv -f {likely} -t"
        f" UTF-8 '{path.name}' > 'utf8-{path.name}'."
    )


def _bytes(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


@contextlib.contextmanager
def _text(path: Path) -> Generator[TextIO]:
    with _bytes(path) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        yield text


def _delimited(path: Path, tabs: bool) -> Table:
    csv.field_size_limit(LONGEST_CELL)
    with _text(path) as file:
        head = file.readline()
    if not head.strip():
        raise UserError(f"{path}: its first line, which should name the columns, is blank.")
    # Spreadsheet programs write semicolons in countries with a decimal comma.
    delimiter = "\t" if tabs else max(",;\t", key=head.count)
    try:
        return _rows(path, delimiter, csv.QUOTE_MINIMAL)
    except UserError:
        if not tabs:
            raise
        # In many .tsv files nothing is quoted, and quotation marks are part of the text.
        return _rows(path, delimiter, csv.QUOTE_NONE)


def _rows(path: Path, delimiter: str, quoting: int) -> Table:
    with _text(path) as file:
        reader = csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True)  # ty: ignore
        started = 1
        try:
            header = _header(path, next(reader))
            cells: list[list[str]] = [[] for _ in header]
            while True:
                started = reader.line_num + 1
                row = next(reader, None)
                if row is None:
                    return dict(zip(header, cells, strict=True))
                if not row:
                    continue  # a blank line is not a row
                if len(row) != len(header):
                    raise UserError(
                        f"{path} line {started}: {len(row)} cells, but the first line names"
                        f" {len(header)} columns ({', '.join(header)}); put double quotes"
                        " around texts that contain the separator."
                    )
                for column, cell in zip(cells, row, strict=True):
                    column.append(cell)
        except csv.Error as error:
            raise UserError(
                f"{path} line {started}: {error}; write a quotation mark inside a quoted text"
                ' twice ("").'
            ) from None


def _header(path: Path, names: list[str]) -> list[str]:
    # pandas writes its index as a column without a name.
    names = [name.strip() or f"unnamed {place}" for place, name in enumerate(names, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{path}: its first line names '{twice[0]}' twice; rename one of them.")
    return names


def _json(path: Path) -> Table:
    with _text(path) as file:
        start = file.read(1)
        while start.isspace():
            start = file.read(1)
    table: dict[str, list[str]] = defaultdict(list)
    count = 0
    for number, record in _array(path) if start == "[" else _lines(path):
        if not isinstance(record, dict):
            raise UserError(
                f'{path} {number}: expected an object such as {{"text": "...", "label": "..."}}.'
            )
        for name, value in record.items():
            column = table[name]
            # A column that earlier rows lack is blank there.
            column.extend([""] * (count - len(column)))
            column.append(_cell(path, number, name, value))
        count += 1
    for column in table.values():
        column.extend([""] * (count - len(column)))
    return dict(table)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with _text(path) as file:
        # Texts may contain other characters that Unicode counts as line ends.
        for number, line in enumerate(file, 1):
            if not line.isspace():
                try:
                    yield f"line {number}", json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise UserError(
                        f"{path} line {number}: not JSON ({error}); each line must be one object."
                    ) from None


def _array(path: Path) -> Iterator[tuple[str, Any]]:
    with _text(path) as file:
        try:
            records = json.load(file)
        except UnicodeDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}: not JSON ({error}).") from None
    for number, record in enumerate(records, 1):
        yield f"entry {number}", record


def _cell(path: Path, number: str, name: str, value: Any) -> str:
    """A scalar as text: strings unchanged, other values as in JSON, null as blank."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        kind = "list" if isinstance(value, list) else "object"
        raise UserError(
            f"{path} {number}: '{name}' is a {kind}; expected a string, a number, true or false."
        )
    if not isinstance(value, str):
        return json.dumps(value)
    # Half of a surrogate pair cannot be encoded, so a tensor cannot hold it.
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
