"""Targets of a split by the graph that the export's `score` holds."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.road import ScoredRoad
from pipelines import raw
from pipelines.examples import Columns
from pipelines.ragged import Ragged, joined


def encoded_targets(road: ScoredRoad, columns: Columns) -> tuple[Ragged, np.ndarray]:
    """What `Features.targets` gives where targets are sequences and every example counts alike.

    Args:
        road: encodes raw targets.
        columns: of the split, raw inputs and targets.
    """
    specs = {**road.signature(), **road.target_signature()}
    graph = tf.function(lambda given: road.encode_targets(given), input_signature=[specs])
    found = joined([graph(piece) for piece in raw.pieces(columns, specs)])
    assert isinstance(found, Ragged)
    return found, np.ones(len(found.lengths), np.float32)
