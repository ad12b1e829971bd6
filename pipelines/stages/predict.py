"""`make predict`: predictions of an export for raw inputs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.runtime.errors import UserError
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel
from pipelines.serving.server.errors import graph_message
from pipelines.stages import Request


def run(request: Request) -> None:
    """Predicts for the option `input`, or for each line of standard input.

    Raises:
        UserError: no export, or no input.
    """
    task = request.task
    assert task
    export = versions.get(task.name, request.options["version"])
    argument = request.options["input"].encode("utf-8", "surrogateescape")
    inputs = [_text(argument)] if argument else _lines()
    if not inputs:
        raise UserError('nothing to predict; set INPUT="...", or pipe lines to standard input.')
    requests = [task.input.request(line) for line in inputs]
    loaded = LoadedModel(export.folder)
    for raw in requests:
        print(task.output.show(raw, _answer(loaded, raw, export.version)), flush=True)


def _answer(loaded: LoadedModel, raw: Mapping[str, Any], version: int) -> dict[str, np.ndarray]:
    """The export's answer to one request.

    Raises:
        UserError: the export needs other inputs.
    """
    if loaded.specs.keys() - raw.keys():
        raise UserError(
            f"INPUT provides {_and(raw)}, but export {version} needs {_and(loaded.specs)},"
            f" like its training data; train a model on data with {_and(raw)}: DATA=path."
        )
    try:
        return loaded.answer({name: [value] for name, value in raw.items()})
    except tf.errors.InvalidArgumentError as error:
        # The graph rejects, for example, another sample rate.
        reason = graph_message(error.message)
        raise UserError(f"INPUT: rejected by export {version}: {reason}") from None


def _and(names: Iterable[str]) -> str:
    return " and ".join(names)


def _lines() -> list[str]:
    if sys.stdin.isatty():
        return []
    return [_text(line.strip()) for line in sys.stdin.buffer if line.strip()]


def _text(raw: bytes) -> str:
    """Decodes UTF-8; invalid bytes become U+FFFD, as in the export."""
    return raw.decode("utf-8", "replace")
