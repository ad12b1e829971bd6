"""The state of an unfinished training, in one file that is written atomically."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

FILE = "state.npz"


def _arrays(prefix: str, variables: Sequence[keras.Variable]) -> dict[str, np.ndarray]:
    return {f"{prefix}/{i}": np.asarray(v) for i, v in enumerate(variables)}


def write(
    folder: Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    best: Sequence[np.ndarray],
    progress: Mapping[str, Any],
) -> None:
    """Writes everything that the rest of the training depends on.

    Args:
        folder: of the run's checkpoint.
        model: its variables include the states of the dropout layers' random generators, so that
            a resumed training draws the same masks.
        optimizer: its moments and its step count.
        best: weights of the best epoch so far.
        progress: of the loop; JSON.
    """
    arrays = _arrays("model", model.variables) | _arrays("optimizer", optimizer.variables)
    arrays |= {f"best/{i}": value for i, value in enumerate(best)}
    arrays["progress"] = np.array(json.dumps(progress))
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{FILE}.part"
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    # Atomic, so that there is always either the old or the new file.
    unfinished.replace(folder / FILE)


def read(
    folder: Path, model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> tuple[list[np.ndarray], dict[str, Any]] | None:
    """Restores the model and the optimizer to the state that `write` saved.

    Args:
        folder: of the run's checkpoint.
        model: built from the same configuration.
        optimizer: likewise, with `optimizer.build(...)` called.

    Returns:
        The best weights and the loop's progress, or None if there is no checkpoint.
    """
    if not (folder / FILE).exists():
        return None
    with np.load(folder / FILE, allow_pickle=False) as arrays:
        for prefix, variables in (("model", model.variables), ("optimizer", optimizer.variables)):
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{prefix}/{i}"])
        count = sum(name.startswith("best/") for name in arrays.files)
        return [arrays[f"best/{i}"] for i in range(count)], json.loads(str(arrays["progress"]))
