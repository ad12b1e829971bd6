"""Training steps of a whole model: ours beside Keras's `fit` and a lean PyTorch loop.

PyTorch is measured where this Python, or the one that TORCH_PYTHON names, has it. What they do is
said in `benchmarks.contenders`. Under the table stand the smallest ratio and the geometric mean.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from typing import Any

from benchmarks.command import progress, quick
from benchmarks.contenders import Row
from benchmarks.timing import Timing, interleaved, table
from benchmarks.workers import Worker

ROUNDS = 3
CELLS = ("lstm", "gru", "simple_rnn")


def torch_python() -> str | None:
    """A Python that has PyTorch and NumPy."""
    for python in (os.environ.get("TORCH_PYTHON"), sys.executable):
        command = [python or "", "-c", "import torch, numpy"]
        if python and not subprocess.run(command, capture_output=True).returncode:
            return python
    return None


def networks() -> list[Row]:
    """Those of the table."""
    made = itertools.product(CELLS, (False, True), (64, 128), (200, 400))
    return [Row(cell, units, length, two) for cell, two, units, length in made]


def measured(row: Any, workers: dict[str, Worker], rounds: int) -> dict[str, Timing]:
    """A training step, contender by contender.

    Args:
        row: what the workers are asked for, a dataclass.
        workers: by name.
        rounds: how often they take turns.
    """
    question = dataclasses.asdict(row)
    rivals = {name: partial(worker.ask, **question) for name, worker in workers.items()}
    return interleaved(rivals, rounds, warm=0, measure=lambda ask: ask()["milliseconds"])


def line(row: Row, times: dict[str, Timing]) -> list[object]:
    """A line of the table."""
    ratios = [times[name].median / times["ours"].median for name in times if name != "ours"]
    network = [row.cell, 2 if row.bidirectional else 1, row.units, row.length]
    return [*network, *times.values(), *(f"{ratio:.2f}x" for ratio in ratios)]


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    rows, rounds = ([Row("gru", 4, 8)], 2) if tiny else (networks(), ROUNDS)
    pythons = {"ours": sys.executable, "keras": sys.executable}
    if python := torch_python():
        pythons |= {"pytorch": python, "pytorch_flushed": python}
    else:
        progress("no PyTorch: install torch and numpy anywhere and say TORCH_PYTHON=its python")
    lines, found = [], []
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker("benchmarks.contenders", name, python=python))
            for name, python in pythons.items()
        }
        for row in rows:
            found.append(measured(row, workers, rounds))
            lines.append(line(row, found[-1]))
            progress(*lines[-1])
    columns = ["cell", "directions", "units", "T", *(f"{name}, ms" for name in pythons)]
    print("Training step of a whole model: embedding 20000x64, batches of 64, float32\n")
    rivals = [name for name in pythons if name != "ours"]
    print(table([*columns, *(f"over {name}" for name in rivals)], lines))
    for name in rivals:
        ratios = [times[name].median / times["ours"].median for times in found]
        mean = statistics.geometric_mean(ratios)
        print(f"over {name}: at least {min(ratios):.2f}x, geometric mean {mean:.2f}x")


if __name__ == "__main__":
    main()
