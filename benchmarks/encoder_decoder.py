"""Training steps of an encoder-decoder with attention: ours beside a lean PyTorch loop.

PyTorch is measured where this Python, or the one that TORCH_PYTHON names, has it: as it comes, and
with denormal numbers taken for zero. What both do is said in `benchmarks.translators`.
"""

from __future__ import annotations

import itertools
import sys
from contextlib import ExitStack

from benchmarks.command import progress, quick
from benchmarks.timing import Timing, table
from benchmarks.translators import Row
from benchmarks.whole_models import measured, torch_python
from benchmarks.workers import Worker

ROUNDS = 5


def networks() -> list[Row]:
    """Those of the table."""
    made = itertools.product(("lstm", "gru"), (False, True), (3_000, 8_000), (20, 35))
    return [Row(*row) for row in made]


def line(row: Row, times: dict[str, Timing]) -> list[object]:
    """A line of the table."""
    ratios = [times[name].median / times["ours"].median for name in times if name != "ours"]
    network = [row.cell, "yes" if row.input_feeding else "no", row.vocabulary, row.length]
    return [*network, *times.values(), *(f"{ratio:.2f}x" for ratio in ratios)]


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    rows, rounds = ([Row("gru", True, 9, 4, 4, 4, 2)], 2) if tiny else (networks(), ROUNDS)
    pythons = {"ours": sys.executable}
    if python := torch_python():
        pythons |= {"pytorch": python, "flushed": python}
    else:
        progress("no PyTorch: install torch and numpy anywhere and say TORCH_PYTHON=its python")
    lines = []
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker("benchmarks.translators", name, python=python))
            for name, python in pythons.items()
        }
        for row in rows:
            lines.append(line(row, measured(row, workers, rounds)))
            progress(*lines[-1])
    columns = ["cell", "fed", "vocabulary", "tokens", *(f"{name}, ms" for name in pythons)]
    print("Training step: dot attention, 2 x 192 and 192 units, batches of 32, float32\n")
    print(table([*columns, *(f"over {name}" for name in pythons if name != "ours")], lines))


if __name__ == "__main__":
    main()
