"""Whole columns of texts as ids, each tokenised once."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pipelines.data.ragged import Ragged, joined
from pipelines.inputs.tokenizers.cache import ColumnCache
from pipelines.inputs.tokenizers.symbols import Tokenizer

AT_A_TIME = 2048


class Uncut(ColumnCache[Ragged]):
    """All tokens of whole splits, each tokenised once.

    Args:
        tokenizer: of the texts.
    """

    def __init__(self, tokenizer: Tokenizer):
        super().__init__(self._tokenize)
        self._encode = tf.function(
            tokenizer.encode, input_signature=[tf.TensorSpec([None], tf.string)]
        )

    def _tokenize(self, texts: np.ndarray) -> Ragged:
        starts = range(0, len(texts), AT_A_TIME)
        tokens = joined(
            [self._encode(tf.constant(texts[at : at + AT_A_TIME].tolist())) for at in starts]
        )
        assert isinstance(tokens, Ragged)
        return tokens
