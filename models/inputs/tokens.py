"""Sequences of token ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import KerasTensor

from models.ids import PADDING, UNKNOWN
from models.inputs import Connected
from models.inputs.characters import CharacterConvolution
from models.inputs.ngrams import NGramEmbedding
from models.outputs.vocabulary import TiedEmbedding
from models.spec import ModelSpec


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
    """Sequences of token ids, perhaps with the characters of each token.

    Attributes:
        vocabulary_size: number of ids, padding (0) and unknown (1) included.
        characters: number of character ids, padding (0) and unknown (1) included; 0 where
            characters are not read.
    """

    vocabulary_size: int
    characters: int = 0
    kind: ClassVar[str] = "tokens"

    def connect(self, spec: ModelSpec) -> Connected:
        """Embeds the tokens.

        Args:
            spec: gives the width of the embedding, the longest n-gram, the filters of characters
                and the dropout.

        Returns:
            Of the input `tokens`, int32 `[batch, time]`: the embedded sequence, `[batch, time,
            embedding_dim]`, and a mask that is true where there is a token. With characters also
            of the input `characters`, int32 `[batch, time, width]`; the sequence is wider by
            `filters` then.
        """
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        mask = keras.ops.not_equal(tokens, PADDING)
        kept = tokens
        if spec.token_dropout:
            kept = TokenDropout(spec.token_dropout, name="token_dropout")(tokens)
        embedding = self._embedding(spec)
        inputs, sequence = {"tokens": tokens}, embedding(kept)
        if spec.ngrams > 1:
            sequence += NGramEmbedding(spec.ngrams, spec.embedding_dim, name="ngrams")(kept)
        if self.characters:
            inputs["characters"] = keras.Input((None, None), dtype="int32", name="characters")
            looks = CharacterConvolution(self.characters, spec.filters, spec.dropout, name="looks")
            sequence = keras.ops.concatenate([sequence, looks(inputs["characters"])], axis=-1)
        if spec.dropout:
            # The same features at every step of an example (Gal & Ghahramani 2016).
            sequence = keras.layers.SpatialDropout1D(spec.dropout, name="embedding_dropout")(
                sequence
            )
        return Connected(inputs, sequence, mask, embedding)

    def _embedding(self, spec: ModelSpec) -> keras.layers.Layer:
        """With tied embeddings one that scores tokens as well, where it is that of the answers."""
        size = (self.vocabulary_size, spec.embedding_dim)
        if spec.tie_embeddings and (spec.head == "next_token" or spec.copy):
            return TiedEmbedding(*size, reverse_dtype="float32", name="embedding")
        return keras.layers.Embedding(*size, name="embedding")
