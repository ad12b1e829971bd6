"""Time and memory of a training step against the length of the sequences.

A network that labels each step (embedding 20000x64, one LSTM layer of 64 units, batches of 64) is
trained by full back-propagation; with every 50th state kept and the others computed again; in
windows of 250 steps with the state carried, each with an update of its own; and by Keras's `fit`.
Each is a fresh process, and its memory is the most that it ever held, TensorFlow included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

from benchmarks.command import progress, quick
from benchmarks.contenders import Row
from benchmarks.timing import Timing, interleaved, table
from benchmarks.workers import Worker

LENGTHS, WINDOW, KEPT, ROUNDS = (250, 500, 1000, 2000), 250, 50, 5


def ways(base: Row) -> dict[str, tuple[str, Row]]:
    """Name -> contender and what it is asked for."""
    checkpointed = dataclasses.replace(base, time_checkpoint=KEPT)
    windows = dataclasses.replace(base, window=WINDOW)
    return {
        "full": ("ours", base),
        f"checkpoint {KEPT}": ("ours", checkpointed),
        f"windows of {WINDOW}": ("ours", windows),
        "Keras fit": ("keras", base),
    }


def measured(base: Row, rounds: int) -> dict[str, tuple[Timing, float]]:
    """Time of a step and peak of the memory in MiB, way by way."""
    peaks: dict[str, float] = {}

    def ask(name: str, worker: Worker, row: Row) -> float:
        answer = worker.ask(**dataclasses.asdict(row))
        peaks[name] = answer["peak"]
        return answer["milliseconds"]

    rivals: dict[str, Any] = {}
    with ExitStack() as stack:
        for name, (contender, row) in ways(base).items():
            worker = stack.enter_context(Worker("benchmarks.contenders", contender))
            rivals[name] = lambda name=name, worker=worker, row=row: ask(name, worker, row)
        times = interleaved(rivals, rounds, warm=0, measure=lambda ask: ask())
    return {name: (time, peaks[name]) for name, time in times.items()}


def time_growth(medians: Sequence[float]) -> str:
    """By which factor the time grew with each doubling."""
    return ", ".join(f"{after / before:.2f}x" for before, after in pairwise(medians))


def memory_growth(peaks: Sequence[float]) -> str:
    """How much memory each doubling added."""
    return ", ".join(f"{after - before:+.0f}" for before, after in pairwise(peaks))


def main() -> None:
    """Prints the tables."""
    tiny = quick(__doc__)
    lengths, units, rounds = ((8, 16), 4, 2) if tiny else (LENGTHS, 64, ROUNDS)
    results = []
    for length in lengths:
        result = measured(Row("lstm", units, length, each_step=True), rounds)
        results.append(result)
        words = (f"{name}: {time} ms, {peak:.0f} MiB" for name, (time, peak) in result.items())
        progress(f"T={length}", *words)
    times, memory = [], []
    for name in results[0]:
        taken, peaks = zip(*(each[name] for each in results), strict=True)
        times.append([name, *taken, time_growth([time.median for time in taken])])
        memory.append([name, *(f"{peak:.0f}" for peak in peaks), memory_growth(peaks)])
    columns = ["way", *(f"T={length}" for length in lengths)]
    print("Milliseconds of a training step, and their growth with each doubling\n")
    print(table([*columns, "growth"], times))
    print("\nMost memory of the process in MiB, and what each doubling added\n")
    print(table([*columns, "added"], memory))


if __name__ == "__main__":
    main()
