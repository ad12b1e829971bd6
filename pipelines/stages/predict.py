"""`make predict`: raw inputs through the newest export."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.errors import UserError
from pipelines.exporting import versions
from pipelines.exporting.loaded import Loaded
from pipelines.server.errors import graph_message
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
    requests = [task.problem.request(line) for line in inputs]
    loaded = Loaded(export.folder)
    for raw in requests:
        print(task.problem.show(raw, _answer(loaded, raw, export.version)), flush=True)


def _answer(loaded: Loaded, raw: Mapping[str, Any], version: int) -> dict[str, np.ndarray]:
    """What the export answers to one request.

    Raises:
        UserError: it reads something else than what was given.
    """
    if loaded.specs.keys() - raw.keys():
        raise UserError(
            f"INPUT gives {_and(raw)}, and export {version} reads {_and(loaded.specs)}, as the data"
            f" did that it was trained on; train one on data with {_and(raw)}: DATA=path."
        )
    try:
        return loaded.answer({name: [value] for name, value in raw.items()})
    except tf.errors.InvalidArgumentError as error:
        # What the graph itself refuses, such as another sample rate.
        said = graph_message(error.message)
        raise UserError(f"INPUT: export {version} refuses it: {said}") from None


def _and(names: Iterable[str]) -> str:
    return " and ".join(names)


def _lines() -> list[str]:
    if sys.stdin.isatty():
        return []
    return [_text(line.strip()) for line in sys.stdin.buffer if line.strip()]


def _text(raw: bytes) -> str:
    """What is not UTF-8 becomes U+FFFD, as in the export."""
    return raw.decode("utf-8", "replace")
