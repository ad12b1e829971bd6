"""Targets of a split by the graph that the export's `score` holds."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.road import ScoredRoad
from pipelines.examples import Columns
from pipelines.ragged import Ragged, joined
from pipelines.raw import tensors

ENCODED_AT_A_TIME = 512


def encoded_targets(road: ScoredRoad, columns: Columns) -> tuple[Ragged, np.ndarray]:
    """What `Features.targets` gives where targets are sequences and every example counts alike.

    Args:
        road: encodes raw targets.
        columns: of the split, raw inputs and targets.
    """
    specs = {**road.signature(), **road.target_signature()}
    graph = tf.function(lambda raw: road.encode_targets(raw), input_signature=[specs])
    count = len(columns[next(iter(specs))])
    parts = []
    for start in range(0, count, ENCODED_AT_A_TIME):
        rows = slice(start, start + ENCODED_AT_A_TIME)
        parts.append(graph(tensors({name: columns[name][rows] for name in specs}, specs)))
    found = joined(parts)
    assert isinstance(found, Ragged)
    return found, np.ones(count, np.float32)
