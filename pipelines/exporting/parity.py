"""The gate before a version: a fresh process must answer as the network in training does."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.road import RawRoad
from models.serving import Answer, raw_function
from pipelines.examples import Columns

TOLERANCE = 1e-5
"""Largest difference of a float output: rounding, in another order of additions."""

EXAMPLES = 32
"""Of the test split, beside the task's own example."""


class ParityError(RuntimeError):
    """The export does not answer as the network does: a fault, not a user's mistake."""


def check(
    folder: Path, answer: Answer, road: RawRoad, example: Mapping[str, Any], columns: Columns
) -> int:
    """Replays raw requests on an export and compares with the network in this process.

    The requests go alone and together, so that padding by a longer neighbour, which must not
    change an answer, is checked in the export too.

    Args:
        folder: of the SavedModel.
        answer: how the network that it was made from answers, by the path that training takes.
        road: what surrounds the network.
        example: the task's raw example.
        columns: a split to take more requests from.

    Returns:
        How many requests were compared.

    Raises:
        ParityError: an output differs, or the export cannot be run.
    """
    requests = _requests(road, example, columns)
    batches = [{name: [value] for name, value in request.items()} for request in requests]
    batches.append({name: [r[name] for r in requests] for name in requests[0]})
    answers = _replay(folder, batches)
    expected = _direct(answer, road, batches)
    if missing := expected.keys() ^ answers.keys():
        raise ParityError(f"only one of export and training gives {', '.join(sorted(missing))}")
    for name, want in expected.items():
        _compare(name, want, answers[name])
    _compare_alone_and_together(answers, len(requests))
    return len(requests)


def _requests(road: RawRoad, example: Mapping[str, Any], columns: Columns) -> list[dict[str, Any]]:
    names = list(road.signature())
    size = len(columns[names[0]])
    rows = np.unique(np.linspace(0, size - 1, min(EXAMPLES, size)).astype(int))
    taken = [{name: columns[name][row] for name in names} for row in rows]
    return [{name: example[name] for name in names}, *taken]


def _direct(
    answer: Answer, road: RawRoad, batches: list[dict[str, list[Any]]]
) -> dict[str, np.ndarray]:
    # As a graph: step by step in Python, a recurrence over long texts takes minutes.
    signature = list(road.signature().values())
    function = tf.function(raw_function(answer, road), input_signature=signature)
    found = {}
    for index, batch in enumerate(batches):
        tensors = [tf.constant(batch[n], spec.dtype) for n, spec in road.signature().items()]
        for name, value in function(*tensors).items():
            array = value.numpy()
            found[f"{index}/{name}"] = array.astype("S") if array.dtype == object else array
    return found


def _replay(folder: Path, batches: list[dict[str, list[Any]]]) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as scratch:
        requests, answers = Path(scratch) / "requests.json", Path(scratch) / "answers.npz"
        requests.write_text(json.dumps(batches), encoding="utf-8")
        script = str(Path(__file__).parent / "replay.py")
        command = [sys.executable, "-I", script, str(folder), str(requests), str(answers)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ParityError(f"the export in {folder} cannot be run:\n{done.stderr}")
        with np.load(answers, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _compare(name: str, want: np.ndarray, got: np.ndarray) -> None:
    if want.shape != got.shape:
        raise ParityError(f"{name}: shape {got.shape} in the export, {want.shape} in training")
    if np.issubdtype(want.dtype, np.floating):
        worst = float(np.max(np.abs(want - got), initial=0.0))
        if not worst <= TOLERANCE:
            raise ParityError(f"{name}: differs by {worst:.2g} between export and training")
    elif not np.array_equal(want, got):
        raise ParityError(f"{name}: differs between export and training")


def _compare_alone_and_together(answers: Mapping[str, np.ndarray], count: int) -> None:
    together = {
        name.partition("/")[2]: value
        for name, value in answers.items()
        if name.startswith(f"{count}/")
    }
    for index in range(count):
        for name, rows in together.items():
            alone = answers[f"{index}/{name}"][0]
            row = rows[index]
            if row.ndim:  # outputs over time are padded to the longest of the batch
                row = row[tuple(slice(size) for size in alone.shape)]
            _compare(f"{name} of request {index}, alone and in a batch", row, alone)
