"""Why `mixed_bfloat16` is refused on a CPU: a training step in it beside one in float32.

The networks of `benchmarks.whole_models`, each precision in a process of its own, and none asks
`models.precision`, which would refuse.
"""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from functools import partial
from itertools import product

from benchmarks.command import progress, quick
from benchmarks.contenders import Row
from benchmarks.timing import interleaved, table
from benchmarks.workers import Worker

CONTENDERS, PRECISIONS, ROUNDS = ("ours", "keras"), ("float32", "mixed_bfloat16"), 5


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    sizes, rounds = ((4, 8), 2) if tiny else ((64, 200), ROUNDS)
    lines = []
    with ExitStack() as stack:
        workers = {
            each: stack.enter_context(Worker("benchmarks.contenders", each[0]))
            for each in product(CONTENDERS, PRECISIONS)
        }
        for cell in ("lstm", "gru"):
            rivals = {}
            for (name, precision), worker in workers.items():
                row = Row(cell, *sizes, precision=precision)
                rivals[f"{name}, {precision}"] = partial(worker.ask, **dataclasses.asdict(row))
            times = interleaved(rivals, rounds, 0, lambda ask: ask()["milliseconds"])
            for name in CONTENDERS:
                whole, mixed = (times[f"{name}, {precision}"] for precision in PRECISIONS)
                ratio = f"{mixed.median / whole.median:.2f}x"
                lines.append([cell, name, whole, mixed, ratio])
                progress(*lines[-1])
    print("Training step of a whole model in milliseconds: one layer, 64 units, T=200\n")
    print(table(["cell", "by", *PRECISIONS, "as long"], lines))


if __name__ == "__main__":
    main()
