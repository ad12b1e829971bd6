"""What the measurements have in common as programs."""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks.workers import ENVIRONMENT
from pipelines.runtime.allocator import keep_freed_memory


def quick(about: str | None) -> bool:
    """Whether the command line asks for sizes so small that they show only that all runs.

    Prepares the process as well, before the import of TensorFlow.

    Args:
        about: docstring of the module; its first line is the help.
    """
    prepare()
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs")
    return parser.parse_args().quick


def prepare() -> None:
    """Makes TensorFlow quiet and lets it keep its memory, before its import."""
    keep_freed_memory()
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def progress(*parts: object) -> None:
    """A line for who waits; the tables alone go to standard output."""
    print(*parts, sep="  ", file=sys.stderr, flush=True)
