"""The parity check: an export must have the same outputs as the network in training."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.export.signatures import raw_function, score_function
from pipelines.data import raw as raw_values
from pipelines.data.examples import Columns
from pipelines.serving.export import Functions

TOLERANCE = 1e-5
"""Largest difference of a float output, from rounding in another order of additions."""

LOG_TOLERANCE = 1e-4
"""Largest difference of a log-probability, which is a relative one of the probability, and of other
outputs of a decoder, where rounding accumulates over the steps."""

EXAMPLES = 32
"""Number of test examples, in addition to the task's own example."""


class ParityError(RuntimeError):
    """The export's outputs differ from the network's: a bug, not a user's mistake."""


def check(
    folder: Path,
    functions: Functions,
    requests: Sequence[Mapping[str, Any]],
    libraries: Sequence[str] = (),
) -> int:
    """Replays raw requests on an export and compares the outputs with those of the network.

    Each request is sent alone and in a batch of all, to check that padding to a longer sequence
    does not change an answer of the export either.

    Args:
        folder: of the SavedModel.
        functions: of the export, in this process.
        requests: of `requests`.
        libraries: of the export's operations.

    Returns:
        The number of requests.

    Raises:
        ParityError: an output differs, or the export cannot run.
    """
    specs = functions.parity_specs()
    ranks = {name: len(spec.shape) for name, spec in specs.items()}
    batches = [
        {name: raw_values.rectangle([r[name] for r in group], rank) for name, rank in ranks.items()}
        for group in [*([request] for request in requests), requests]
    ]
    signature = "score" if functions.compares_scores else "serving_default"
    answers = _replay(folder, signature, batches, libraries)
    expected = _direct(functions, batches)
    if missing := expected.keys() ^ answers.keys():
        raise ParityError(f"only one of export and training gives {', '.join(sorted(missing))}")
    logarithms = functions.compares_scores or functions.logarithms
    tolerance = LOG_TOLERANCE if logarithms else TOLERANCE
    for name, value in expected.items():
        _compare(name, value, answers[name], tolerance)
    _compare_alone_and_together(answers, len(requests), tolerance)
    return len(requests)


def requests(
    specs: Mapping[str, tf.TensorSpec], example: Mapping[str, Any], columns: Columns
) -> list[dict[str, Any]]:
    """Raw requests to compare: the task's example, and some of a split at even steps.

    Args:
        specs: of raw inputs, and of raw targets if scores are compared.
        example: a raw request.
        columns: of the split.
    """
    size = len(columns[next(iter(specs))])
    rows = np.unique(np.linspace(0, size - 1, min(EXAMPLES, size)).astype(int))
    taken = [{name: columns[name][row] for name in specs} for row in rows]
    first = [{name: example[name] for name in specs}] if specs.keys() <= example.keys() else []
    return [*first, *taken]


def _direct(functions: Functions, batches: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The network's answers in this process, computed as in training."""
    preprocessing, specs = functions.preprocessing, functions.parity_specs()
    if functions.compares_scores:
        assert functions.score is not None
        function = score_function(functions.score, preprocessing)
    else:
        function = raw_function(functions.answer, preprocessing)
    # As a graph, because an eager recurrence over long texts takes minutes.
    graph = tf.function(function, input_signature=list(specs.values()))
    answers = {}
    for index, batch in enumerate(batches):
        tensors = [tf.constant(batch[name], spec.dtype) for name, spec in specs.items()]
        for name, value in graph(*tensors).items():
            array = value.numpy()
            answers[f"{index}/{name}"] = array.astype("S") if array.dtype == object else array
    return answers


def _replay(
    folder: Path, signature: str, batches: list[dict[str, Any]], libraries: Sequence[str]
) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as scratch:
        file, answers = Path(scratch) / "requests.json", Path(scratch) / "answers.npz"
        file.write_text(json.dumps(batches, default=raw_values.to_json), encoding="utf-8")
        script = Path(__file__).parent / "replay.py"
        command = [sys.executable, "-I", script, folder, signature, file, answers, *libraries]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise ParityError(f"the export in {folder} cannot be run:\n{result.stderr}")
        with np.load(answers, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _compare(name: str, expected: np.ndarray, actual: np.ndarray, tolerance: float) -> None:
    if expected.shape != actual.shape:
        raise ParityError(
            f"{name}: shape {actual.shape} in the export, {expected.shape} in training"
        )
    if np.issubdtype(expected.dtype, np.floating):
        worst = float(np.max(np.abs(expected - actual), initial=0.0))
        if not worst <= tolerance:
            raise ParityError(f"{name}: differs by {worst:.2g} between export and training")
    elif not np.array_equal(expected, actual):
        raise ParityError(f"{name}: differs between export and training")


def _compare_alone_and_together(
    answers: Mapping[str, np.ndarray], count: int, tolerance: float
) -> None:
    prefix = f"{count}/"
    for name in [each.removeprefix(prefix) for each in answers if each.startswith(prefix)]:
        for index, row in enumerate(answers[prefix + name]):
            alone = answers[f"{index}/{name}"][0]
            if row.ndim:  # outputs over time are padded to the longest of the batch
                row = row[tuple(map(slice, alone.shape))]
            _compare(f"{name} of request {index}, alone and in a batch", row, alone, tolerance)
