"""Training steps of the tasks: ours beside the same steps on Keras's own recurrent layers.

Network, data and settings are those of `make train TASK=...`: the first batches of the first epoch,
again and again. The rival cannot find the kernels, and so takes the plain form of all that they do.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.command import progress, quick
from benchmarks.timing import interleaved, summary, table
from benchmarks.workers import serve, started
from pipelines import tasks

VARIANTS = ("memory_addition", "memory_copy")
"""Tasks with a network like that of another one."""

TASKS = tuple(name for name in tasks.names() if name not in VARIANTS)
BATCHES, ROUNDS = 24, 3
FEW = {"shakespeare": 2}
"""Of a task whose steps take seconds, fewer are enough."""


@functools.lru_cache(maxsize=1)
def steps_of(task: str, count: int) -> Callable[[], None]:
    """Makes a task's network and its batches.

    Args:
        task: its name.
        count: of batches.

    Returns:
        What takes a step with each.
    """
    from pipelines import config
    from pipelines.training import setup
    from pipelines.training.loop import Loop

    wanted = tasks.get(task)
    settings = config.resolve(task, wanted.mode, wanted.defaults, input=wanted.network_input)
    prepared = setup.prepare(wanted, settings)
    train, validation = setup.batches(prepared, settings)
    model = setup.network(settings, prepared.preprocessing)
    step = Loop(
        model,
        prepared.preprocessing.outputs,
        train,
        validation,
        settings.training,
        wanted.monitored,
        Path(tempfile.gettempdir()),
        network=setup.truncated(settings, model, prepared.preprocessing),
    ).step
    batches = list(itertools.islice(train.epoch(0, 0), count))

    def take() -> None:
        for batch in batches:
            step.train(batch)

    return take


def milliseconds(task: str, count: int) -> float:
    """Of a step, the mean over the batches."""
    take = steps_of(task, count)
    started = time.perf_counter()
    take()
    return (time.perf_counter() - started) * 1000 / count


def work(contender: str) -> None:
    """Answers with milliseconds; the rival looks for the kernels where there are none."""
    with tempfile.TemporaryDirectory() as empty:
        if contender == "keras":
            os.environ["NUMBA_CACHE_DIR"] = empty
        serve(milliseconds)


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    names, rounds = (("memory",), 2) if tiny else (TASKS, ROUNDS)
    pythons = dict.fromkeys(("ours", "keras"), sys.executable)
    lines, ratios = [], []
    for task in names:
        count = 1 if tiny else FEW.get(task, BATCHES)
        with started("benchmarks.tasks", pythons) as workers:
            rivals = {
                name: functools.partial(worker.ask, task=task, count=count)
                for name, worker in workers.items()
            }
            times = interleaved(rivals, rounds, warm=1, measure=lambda ask: ask())
        ratios.append(times["keras"].median / times["ours"].median)
        lines.append([task, *times.values(), f"{ratios[-1]:.2f}x"])
        progress(*lines[-1])
    print("Training step of each task with its default settings\n")
    print(table(["task", "ours, ms", "Keras's layers, ms", "median"], lines))
    print(summary("Keras's layers", ratios))


if __name__ == "__main__":
    work(sys.argv[1]) if sys.argv[1:] in (["ours"], ["keras"]) else main()
