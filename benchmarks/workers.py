"""Rivals as processes of their own: each has its own thread pools, and its memory is its own.

A worker reads a question a line from its standard input and writes an answer a line, both JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipelines.runtime.allocator import keep_freed_memory

PROJECT = Path(__file__).parents[1]
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
"""The environment of a worker, where the caller's does not set something else."""


class Worker:
    """A process that runs a module whose `main` ends in `serve`.

    Args:
        module: its name.
        *words: of the command line.
        python: that runs it.
    """

    def __init__(self, module: str, *words: str, python: str = sys.executable):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, it lives as long as the worker
        self._process = subprocess.Popen(
            [python, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=ENVIRONMENT | os.environ,
            cwd=PROJECT,
            text=True,
        )

    def ask(self, **question: Any) -> Any:
        """Its answer.

        Raises:
            RuntimeError: it died; with the end of its error output.
        """
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has nothing to read either
        if answer := self._process.stdout.readline():
            return json.loads(answer)
        self._errors.seek(0)
        raise RuntimeError(f"{self._process.args} died:\n{self._errors.read()[-2000:]}")

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()


@contextmanager
def started(module: str, pythons: Mapping[str, str]) -> Generator[dict[str, Worker]]:
    """A worker for each name, which is its only word, until the block ends.

    Args:
        module: of all of them.
        pythons: name -> the Python that runs it.
    """
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Worker(module, name, python=python))
            for name, python in pythons.items()
        }


def serve(answer: Callable[..., Any]) -> None:
    """Answers questions until the input ends; all rivals keep the memory that they freed.

    Args:
        answer: takes what a question names.
    """
    keep_freed_memory()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        answers.write(json.dumps(answer(**json.loads(line))) + "\n")
