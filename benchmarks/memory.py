"""The longest lag that each cell solves of the problems that only who remembers can solve.

Each cell climbs the lags: at each it is trained anew by the task's own settings, number of epochs
included, at one learning rate and, where that one does not solve it, at the other. It stops at the
first lag that neither solves. A training ends early once nothing is left to learn. Solved is what
the task's metric `solved_lag` says: an error below 0.01 at that lag of the test split, and at a
half and a quarter of it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.command import prepare, progress
from benchmarks.timing import table

LAGS = {
    "memory": (25, 50, 100, 200, 400, 600, 800),
    "memory_copy": (25, 50, 100, 200),
    "memory_addition": (25, 50, 100, 200),
}
RATES = (4e-3, 1e-3)
LEARNED = 0.002
"""A validation loss below it ends a training: errors are then far below what counts as solved."""

CELLS = ("simple_rnn", "lstm", "gru")


def longest(task: str, cell: str, lags: tuple[int, ...], others: Mapping[str, object]) -> int:
    """The longest lag that a cell solves; 0 where it fails at the first.

    Args:
        task: its name.
        cell: the recurrent cell.
        lags: to be climbed.
        others: more settings.
    """
    best = 0
    for lag in lags:
        for rate in RATES:
            started = time.monotonic()
            settings = {"cell": cell, "lag": lag, "learning_rate": rate, **others}
            solved = solved_lag(task, settings)
            progress(
                f"{task} {cell} lag {lag}, learning rate {rate:g}:",
                "solved" if solved >= lag else f"solved up to {solved}",
                f"{time.monotonic() - started:.0f} s",
            )
            if solved >= lag:
                best = lag
                break
        else:
            break
    return best


def solved_lag(name: str, choices: Mapping[str, object]) -> int:
    """Trains a task once and measures what an export of it remembers.

    Args:
        name: of the task.
        choices: settings over the task's own.
    """
    import keras

    from models import build
    from models.export import signatures as serving
    from pipelines import config, tasks
    from pipelines.serving import assessment
    from pipelines.serving.loaded import LoadedModel
    from pipelines.training import setup
    from pipelines.training.loop import Loop

    task = tasks.get(name)
    settings = config.resolve(name, task.mode, task.defaults, choices, input=task.network_input)
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(sys.stderr):
        folder = Path(scratch)
        prepared = setup.prepare(task, settings)
        train, validation = setup.batches(prepared, settings)
        features = prepared.preprocessing
        model = setup.network(settings, features)

        def stop(epoch: int, logs: Mapping[str, float]) -> None:
            progress(f"epoch {epoch + 1}: validation loss {logs['val_loss']:.4f}")
            model.stop_training = logs["val_loss"] < LEARNED

        outputs, training = features.outputs, settings.training
        watch = [keras.callbacks.LambdaCallback(on_epoch_end=stop)]
        Loop(model, outputs, train, validation, training, task.monitored, folder, watch).run()
        answer = build.answer(settings.model, model, outputs, settings.generation)
        serving.write(model, answer, features, folder / "export")
        evaluation = assessment.assess(task, LoadedModel(folder / "export"), prepared.examples)
    return int(evaluation.metrics["solved_lag"])


def verdict(best: int, lags: tuple[int, ...]) -> str:
    """The longest solved lag, and whether the lags that were tried are what ended the climb."""
    if not best:
        return f"none (below {lags[0]})"
    return f"{best} (the longest tried)" if best == lags[-1] else str(best)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one tiny training, to see it run")
    parser.add_argument("--task", nargs="+", choices=LAGS, default=["memory"])
    parser.add_argument("--cell", nargs="+", choices=CELLS, default=CELLS)
    chosen = parser.parse_args()
    prepare()
    rows = []
    for cell in chosen.cell[:1] if chosen.quick else chosen.cell:
        verdicts = []
        for task in chosen.task:
            lags = LAGS[task][:1] if chosen.quick else LAGS[task]
            others = {"epochs": 1, "units": 4, "batch_size": 1000} if chosen.quick else {}
            verdicts.append(verdict(longest(task, cell, lags, others), lags))
        rows.append([cell, *verdicts])
    print("The longest lag, in steps, that each cell solves\n")
    print(table(["cell", *chosen.task], rows))


if __name__ == "__main__":
    main()
