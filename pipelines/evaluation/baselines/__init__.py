"""What a network has to beat, one file for each kind of problem.

Each has `predict(train, test, labels)`: columns of the training and the test split, and the names
of the classes -> name of a baseline -> its answers, in the form of an export's. All is learned from
the training split alone, with fixed seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Answers = dict[str, np.ndarray]


def written(texts: Mapping[str, Sequence[str]]) -> dict[str, Answers]:
    """Name of a baseline -> what it wrote, as the answers `output` of an export."""
    return {
        name: {"output": np.array([text.encode() for text in each], object)}
        for name, each in texts.items()
    }
