"""Sentences as the ids of their words and of the characters of each word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import END, START
from models.inputs.tokens import TokenInput
from pipelines.config import Config
from pipelines.data.examples import Columns
from pipelines.data.ragged import Ragged
from pipelines.inputs.base import Measured
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.sentences import Sentences
from pipelines.inputs.tokenizers.sentences import split_sentence
from pipelines.inputs.tokenizers.symbols import Symbols
from pipelines.inputs.tokenizers.words import Splits, ranked

CHARACTERS = 20
"""Characters kept of a word: half from its beginning and half from its end."""

WIDTH = CHARACTERS + 2
"""With START and END, by which a filter recognises the ends of a word."""


class FittedSentences(FittedInput):
    """Encodes sentences by words and by the characters of each word.

    Args:
        words: the known words, as `plain` writes them.
        characters: the known characters.
        max_length: words kept of a sentence.
        splits: columns of sentences, each split once.
    """

    unit = "words"

    def __init__(
        self, words: Symbols, characters: Symbols, max_length: int, splits: Splits | None = None
    ):
        super().__init__(name="sentences")
        self.words = words
        self.characters = characters
        self.max_length = max_length
        self.network = TokenInput(words.size, characters.size)
        self._splits = splits or Splits(split_sentence)

    @classmethod
    def fit(cls, declared: Sentences, train: Columns, config: Config) -> FittedSentences:
        """Learns words and characters of the training split."""
        splits, data = Splits(split_sentence), config.data
        split = splits.of(train["text"])
        characters: dict[str, int] = {}
        for word, count in split.counts().items():
            for character in word:
                characters[character] = characters.get(character, 0) + count
        words = split.counts(plain)
        return cls(
            Symbols(ranked(words, data.min_count)[: data.vocabulary], " "),
            Symbols(ranked(characters), ""),
            data.max_length,
            splits,
        )

    @classmethod
    def load(cls, declared: Sentences, folder: Path, config: Config) -> FittedSentences:
        """Reads what `save` wrote."""
        words, characters = (Symbols.load(folder / f"{n}.json") for n in ("words", "characters"))
        return cls(words, characters, config.data.max_length)

    def save(self, folder: Path) -> None:
        """Writes `words.json` and `characters.json`."""
        self.words.save(folder / "words.json")
        self.characters.save(folder / "characters.json")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The known words, in lower case and with every digit as 0."""
        return self.words.known

    def encode(self, raw: Mapping[str, tf.Tensor]) -> Encoded:
        """`text` `[batch]` -> ids, named by the words.

        Returns:
            tokens: int32 `[batch, words]`, of the text's beginning.
            characters: int32 `[batch, words, WIDTH]`, 0 after the end of a word.
        """
        words = split_sentence(raw["text"])[:, : self.max_length]
        tokens, characters = self._ids(words.values)
        return Encoded(
            {"tokens": words.with_values(tokens), "characters": words.with_values(characters)},
            words,
        )

    def encode_split(self, columns: Columns) -> dict[str, Ragged | np.ndarray]:
        """The ids of a split; sentences that were already split are not split again."""
        split = self._splits.take(columns["text"])
        index = split.index.cut(self.max_length)
        return {
            name: Ragged(ids.numpy()[index.values], index.splits)
            for name, ids in zip(("tokens", "characters"), self._ids(split.words), strict=True)
        }

    def measure(self, columns: Columns) -> Measured:
        """Words of each sentence, and how often each occurs, as `plain` writes them."""
        split = self._splits.of(columns["text"])
        return Measured(split.index.lengths, split.counts(plain))

    def _ids(self, words: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Words, strings `[n]` -> int32 `[n]`, and of their characters int32 `[n, WIDTH]`."""
        spelled = tf.strings.unicode_split(words, "UTF-8")
        half = CHARACTERS // 2
        spelled = tf.concat([spelled[:, :half], spelled[:, half:][:, -half:]], axis=1)
        ids = tf.ragged.map_flat_values(self.characters.table.lookup, spelled)
        first, last = (tf.fill([spelled.nrows(), 1], each) for each in (START, END))
        characters = tf.concat([first, ids, last], axis=1).to_tensor(shape=[None, WIDTH])
        return self.words.table.lookup(plain(words)), characters


def plain(words: tf.Tensor) -> tf.Tensor:
    """Words in lower case with every digit as 0; the exact spelling is in the characters."""
    return tf.strings.regex_replace(tf.strings.lower(words, encoding="utf-8"), r"\p{Nd}", "0")
