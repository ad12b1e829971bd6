"""The data card of pairs of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from pipelines.data_card import Lengths, sequence_card
from pipelines.examples import SPLITS

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Examples
    from pipelines.features.pairs import PairFeatures
    from pipelines.features.tokens import Tokens

AT_A_TIME = 2048


def pairs_card(examples: Examples, features: PairFeatures, config: Config) -> dict[str, Any]:
    """Counts tokens on both sides by the tokenisers of a run.

    Args:
        examples: with `text` and `target`.
        features: of the run.
        config: of the run.

    Returns:
        That of `sequence_card`; `tokens` are those of the tokenisers.
    """
    unit = config.data.tokenizer
    read = {s: _lengths(features.source, examples.splits[s]["text"]) for s in SPLITS}
    written = {s: _lengths(features.target, examples.splits[s]["target"]) for s in SPLITS}
    return sequence_card(
        examples,
        Lengths(unit, read),
        config.data.max_length,
        config.data.buckets,
        Lengths("tokens", written),
    )


def _lengths(tokens: Tokens, texts: np.ndarray) -> np.ndarray:
    """How many tokens each text has, int64 `[n]`."""
    parts = (tf.convert_to_tensor(part) for part in _parts(texts.tolist()))
    return np.concatenate([tokens.encode(part).row_lengths().numpy() for part in parts])


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), AT_A_TIME):
        yield texts[start : start + AT_A_TIME]
