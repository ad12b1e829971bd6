"""The data card of recordings and of features with transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.data_card import Lengths, sequence_card
from pipelines.examples import SPLITS, Columns
from pipelines.features.audio import LogMel
from pipelines.waves import header

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Examples
    from pipelines.features.transcripts import TranscriptFeatures


def transcription_card(
    examples: Examples, features: TranscriptFeatures, config: Config, unit: str
) -> dict[str, Any]:
    """Counts steps of the inputs and symbols of the transcripts.

    Args:
        examples: with `target`, and `audio` or `features`.
        features: of the run.
        config: of the run.
        unit: what the symbols are called.

    Returns:
        That of `sequence_card`.
    """
    read = {split: _steps(examples.splits[split], features) for split in SPLITS}
    said = {
        split: np.array([len(text.split()) for text in examples.splits[split]["target"]])
        for split in SPLITS
    }
    settings = config.data
    return sequence_card(
        examples, Lengths("steps", read), settings.max_length, settings.buckets, Lengths(unit, said)
    )


def _steps(columns: Columns, features: TranscriptFeatures) -> np.ndarray:
    """How many steps each example has, uncut, int64 `[n]`."""
    if isinstance(features.frames, LogMel):
        sizes = [header(content).samples for content in columns["audio"]]
        return np.array([features.frames.steps(size) for size in sizes], np.int64)
    return columns["lengths"].astype(np.int64)
