"""`make predict`: raw inputs through the newest export."""

from __future__ import annotations

import sys

from pipelines.errors import UserError
from pipelines.exporting import versions
from pipelines.exporting.loaded import Loaded
from pipelines.stages import Request


def run(request: Request) -> None:
    """Answers the option `input`, or each line of standard input, in readable form.

    Raises:
        UserError: no export, or nothing to answer.
    """
    task = request.task
    assert task
    export = versions.get(task.name, request.options["version"])
    given = request.options["input"].encode("utf-8", "surrogateescape")
    inputs = [_text(given)] if given else _lines()
    if not inputs:
        raise UserError(f'nothing to predict; say INPUT="...", or pipe lines in. TASK={task.name}')
    loaded = Loaded(export.folder)
    name = next(iter(loaded.specs))
    for line in inputs:
        print(task.problem.show({name: line}, loaded.answer({name: [line]})), flush=True)


def _lines() -> list[str]:
    if sys.stdin.isatty():
        return []
    return [_text(line.strip()) for line in sys.stdin.buffer if line.strip()]


def _text(raw: bytes) -> str:
    """What is not UTF-8 becomes U+FFFD, as in the export."""
    return raw.decode("utf-8", "replace")
