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
    inputs = [request.options["input"]] if request.options["input"] else _lines()
    if not inputs:
        raise UserError(f'nothing to predict; say INPUT="...", or pipe lines in. TASK={task.name}')
    loaded = Loaded(export.folder)
    name = next(iter(loaded.specs))
    for line in inputs:
        print(task.problem.show({name: line}, loaded.answer({name: [line]})), flush=True)


def _lines() -> list[str]:
    if sys.stdin.isatty():
        return []
    return [line.strip() for line in sys.stdin if line.strip()]
