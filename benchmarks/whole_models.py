"""Training steps of a whole model: ours beside Keras's `fit` and a lean PyTorch loop.

PyTorch is measured where this Python, or the one that TORCH_PYTHON names, has it. What they do is
explained in `benchmarks.contenders`. Below the table: the smallest ratio and the geometric mean.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks.command import progress, quick
from benchmarks.contenders import Row
from benchmarks.timing import Timing, interleaved, summary, table
from benchmarks.workers import started

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


def compare(
    module: str, own: Sequence[str], pytorch: Sequence[str], rows: Sequence[Any], rounds: int
) -> tuple[str, list[dict[str, Timing]]]:
    """A training step of each row, contender by contender: the table, and its times.

    Args:
        module: of the workers.
        own: contenders that this Python runs.
        pytorch: those that need PyTorch; they are left out where there is none.
        rows: what the workers are asked for, dataclasses with `columns`.
        rounds: how often they take turns.
    """
    pythons = dict.fromkeys(own, sys.executable)
    if python := torch_python():
        pythons |= dict.fromkeys(pytorch, python)
    else:
        progress("no PyTorch: install torch and numpy anywhere and say TORCH_PYTHON=its python")
    lines, results = [], []
    with started(module, pythons) as workers:
        for row in rows:
            question = dataclasses.asdict(row)
            rivals = {name: partial(worker.ask, **question) for name, worker in workers.items()}
            results.append(interleaved(rivals, rounds, 0, lambda ask: ask()["milliseconds"]))
            lines.append(line(row, results[-1]))
            progress(*lines[-1])
    columns = [*rows[0].columns, *(f"{name}, ms" for name in pythons)]
    return table([*columns, *(f"over {name}" for name in ratios(results[0]))], lines), results


def ratios(times: dict[str, Timing]) -> dict[str, float]:
    """Of each rival, how many times as long as ours it takes."""
    ours = times["ours"].median
    return {name: time.median / ours for name, time in times.items() if name != "ours"}


def line(row: Any, times: dict[str, Timing]) -> list[object]:
    """A line of the table."""
    over = (f"{ratio:.2f}x" for ratio in ratios(times).values())
    return [*row.columns.values(), *times.values(), *over]


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    rows, rounds = ([Row("gru", 4, 8)], 2) if tiny else (networks(), ROUNDS)
    own, pytorch = ("ours", "keras"), ("pytorch", "pytorch_flushed")
    lines, results = compare("benchmarks.contenders", own, pytorch, rows, rounds)
    print("Training step of a whole model: embedding 20000x64, batches of 64, float32\n")
    print(lines)
    for rival in ratios(results[0]):
        print(summary(rival, [ratios(times)[rival] for times in results]))


if __name__ == "__main__":
    main()
