"""The gate before a version: a fresh process must answer as the network in training does."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import tensorflow as tf

from models.road import RawRoad, ScoredRoad
from models.serving import Answer, Score, raw_function, score_function
from pipelines import raw as raw_values
from pipelines.examples import Columns

TOLERANCE = 1e-5
"""Largest difference of a float output: rounding, in another order of additions."""

LOG_TOLERANCE = 1e-4
"""The same of a log-probability, whose difference is a relative one of the probability, and of what
a decoder says of its own tokens: each step goes on from the rounding of those before it."""

EXAMPLES = 32
"""Of the test split, beside the task's own example."""


class ParityError(RuntimeError):
    """The export does not answer as the network does: a fault, not a user's mistake."""


def check(
    folder: Path,
    answer: Answer,
    road: RawRoad,
    example: Mapping[str, Any],
    columns: Columns,
    libraries: Sequence[str] = (),
    score: Score | None = None,
    *,
    logarithms: bool = False,
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
        libraries: that a process must import for the export's operations.
        score: how the network rates targets. Where it is given, the signature `score` is compared
            and not `serving_default`: texts that are drawn differ from batch to batch.
        logarithms: whether the answers hold log-probabilities, of what was written or labelled.

    Returns:
        How many requests were compared.

    Raises:
        ParityError: an output differs, or the export cannot be run.
    """
    specs = _specs(road, score)
    requests = _requests(specs, example, columns)
    ranks = {name: len(spec.shape) for name, spec in specs.items()}
    batches = [
        {name: raw_values.rectangle([r[name] for r in group], rank) for name, rank in ranks.items()}
        for group in [*([request] for request in requests), requests]
    ]
    answers = _replay(folder, "score" if score else "serving_default", batches, libraries)
    expected = _direct(answer, road, batches, score)
    if missing := expected.keys() ^ answers.keys():
        raise ParityError(f"only one of export and training gives {', '.join(sorted(missing))}")
    tolerance = LOG_TOLERANCE if score or logarithms else TOLERANCE
    for name, want in expected.items():
        _compare(name, want, answers[name], tolerance)
    _compare_alone_and_together(answers, len(requests), tolerance)
    return len(requests)


def _specs(road: RawRoad, score: Score | None) -> dict[str, tf.TensorSpec]:
    targets = cast("ScoredRoad", road).target_signature() if score else {}
    return {**road.signature(), **targets}


def _requests(
    specs: Mapping[str, tf.TensorSpec], example: Mapping[str, Any], columns: Columns
) -> list[dict[str, Any]]:
    size = len(columns[next(iter(specs))])
    rows = np.unique(np.linspace(0, size - 1, min(EXAMPLES, size)).astype(int))
    taken = [{name: columns[name][row] for name in specs} for row in rows]
    own = [{name: example[name] for name in specs}] if specs.keys() <= example.keys() else []
    return [*own, *taken]


def _direct(
    answer: Answer, road: RawRoad, batches: list[dict[str, Any]], score: Score | None = None
) -> dict[str, np.ndarray]:
    # As a graph: step by step in Python, a recurrence over long texts takes minutes.
    specs = _specs(road, score)
    asked = score_function(score, cast("ScoredRoad", road)) if score else raw_function(answer, road)
    function = tf.function(asked, input_signature=list(specs.values()))
    found = {}
    for index, batch in enumerate(batches):
        tensors = [tf.constant(batch[name], spec.dtype) for name, spec in specs.items()]
        for name, value in function(*tensors).items():
            array = value.numpy()
            found[f"{index}/{name}"] = array.astype("S") if array.dtype == object else array
    return found


def _replay(
    folder: Path, signature: str, batches: list[dict[str, Any]], libraries: Sequence[str]
) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as scratch:
        requests, answers = Path(scratch) / "requests.json", Path(scratch) / "answers.npz"
        said = json.dumps(batches, default=raw_values.to_json)
        requests.write_text(said, encoding="utf-8")
        script = str(Path(__file__).parent / "replay.py")
        command = [
            sys.executable,
            "-I",
            script,
            str(folder),
            signature,
            str(requests),
            str(answers),
            *libraries,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ParityError(f"the export in {folder} cannot be run:\n{done.stderr}")
        with np.load(answers, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _compare(name: str, want: np.ndarray, got: np.ndarray, tolerance: float) -> None:
    if want.shape != got.shape:
        raise ParityError(f"{name}: shape {got.shape} in the export, {want.shape} in training")
    if np.issubdtype(want.dtype, np.floating):
        worst = float(np.max(np.abs(want - got), initial=0.0))
        if not worst <= tolerance:
            raise ParityError(f"{name}: differs by {worst:.2g} between export and training")
    elif not np.array_equal(want, got):
        raise ParityError(f"{name}: differs between export and training")


def _compare_alone_and_together(
    answers: Mapping[str, np.ndarray], count: int, tolerance: float
) -> None:
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
            _compare(f"{name} of request {index}, alone and in a batch", row, alone, tolerance)
