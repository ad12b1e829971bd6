"""Network inputs -> (sequence, mask)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import KerasTensor

from models.spec import ModelSpec

PADDING = 0
"""Token id of padding; sequences are padded on the right."""

UNKNOWN = 1
"""Token id of what is not in the vocabulary."""


@keras.saving.register_keras_serializable("unrolled")
class TokenDropout(keras.layers.Layer):
    """In training, takes some tokens for unknown ones.

    So the network learns to do without any single word, and what an unknown word is worth (word
    dropout, Iyyer et al. 2015, section 3; with the unknown token as in Dai & Le 2015).

    Args:
        rate: share of the tokens.
        seed: of the draws; from Keras's global seed where it is None.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, tokens: KerasTensor, training: bool = False) -> KerasTensor:
        """Token ids, int32 `[batch, time]`, to the same; padding stays padding."""
        if not training:
            return tokens
        ops = keras.ops
        drawn = keras.random.uniform(ops.shape(tokens), seed=self.generator) < self.rate
        dropped = ops.logical_and(drawn, ops.not_equal(tokens, PADDING))
        return ops.where(dropped, ops.full_like(tokens, UNKNOWN), tokens)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return super().get_config() | {"rate": self.rate, "seed": self.seed}


@dataclass(frozen=True)
class TokenInput:
    """Sequences of token ids.

    Attributes:
        vocabulary_size: number of ids, padding (0) and unknown (1) included.
    """

    vocabulary_size: int

    def connect(self, spec: ModelSpec) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
        """The input and what the recurrence reads.

        Args:
            spec: gives the width of the embedding and the dropout.

        Returns:
            tokens: int32 `[batch, time]`, the model's input.
            sequence: float32 `[batch, time, embedding_dim]`.
            mask: bool `[batch, time]`, true where there is a token.
        """
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        mask = keras.ops.not_equal(tokens, PADDING)
        kept = tokens
        if spec.token_dropout:
            kept = TokenDropout(spec.token_dropout, name="token_dropout")(tokens)
        sequence = keras.layers.Embedding(
            self.vocabulary_size, spec.embedding_dim, name="embedding"
        )(kept)
        if spec.dropout:
            # The same features at every step of an example (Gal & Ghahramani 2016).
            sequence = keras.layers.SpatialDropout1D(spec.dropout, name="embedding_dropout")(
                sequence
            )
        return tokens, sequence, mask
