"""The adding problem: the target is the sum of two marked numbers in a long sequence.

Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", experiment 4, in the form of Le et al.
2015, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units", section 4.1: values
are uniform in [0, 1), one is marked in each half, and always predicting 1 has a squared error of
1/6.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.data.datasets.generated import lags

VERSION = "1.0.0"
SIZES = {"train": 20_000, "validation": 1_000, "test": 2_000}
SHORTEST = 2
"""Steps that it takes for two halves."""


def generate(lag: int, seed: int) -> dict[str, dict[str, list[Any]]]:
    """The splits; no two sequences are equal, for their values are never drawn twice.

    Args:
        lag: steps of the longest sequence that is trained on.
        seed: of the draws.

    Returns:
        Split -> `steps`, float32 `[steps, 2]`, a value and its mark each; `value`, the sum; and
        `lag`, the number of steps.
    """
    random = np.random.default_rng(seed)
    splits = {}
    for split, size in SIZES.items():
        lengths = lags.tested(lag) if split == "test" else lags.trained(lag)
        lengths = [max(SHORTEST, length) for length in lengths]
        count = size // len(lengths)
        drawn = [sequences(count, length, random) for length in lengths]
        splits[split] = {
            "steps": [steps for some, _ in drawn for steps in some],
            "value": [value for _, values in drawn for value in values.tolist()],
            "lag": [length for length in lengths for _ in range(count)],
        }
    return splits


def sequences(count: int, length: int, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Sequences of one length, and their answers.

    Args:
        count: how many.
        length: of each, two at least.
        random: draws.

    Returns:
        float32 `[count, length, 2]` and float32 `[count]`.
    """
    values = random.random((count, length), np.float32)
    marks = np.zeros_like(values)
    rows = np.arange(count)
    first = random.integers(0, length // 2, count)
    second = random.integers(length // 2, length, count)
    marks[rows, first] = marks[rows, second] = 1
    return np.stack([values, marks], axis=2), values[rows, first] + values[rows, second]
