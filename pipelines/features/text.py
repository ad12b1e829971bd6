"""Text -> token ids, by words, in the graph."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.ids import UNKNOWN
from pipelines.data_card import Counts

UNKNOWN_WORD = "[UNK]"
"""Stands for a text without a word; upper case, so never in a vocabulary."""

BLANK = (
    r"(?i)<br\s*/?>"  # what is left of HTML in scraped reviews
    r"|[\p{Cc}\p{Zl}\p{Zp}\x{A0}\x{1680}\x{2000}-\x{200B}\x{202F}\x{205F}\x{3000}\x{FEFF}]"
)
"""What is read as a space. TensorFlow's own operations know the spaces of ASCII alone, and
`lower` forgets what follows a NUL."""

# In order. An apostrophe inside a word becomes the letter U+02BC for as long as punctuation is
# being split off, so that "didn't" gives did + n't, but 'quoted' gives ' + quoted + '.
RULES = (
    ("[\u2018\u2019]", "'"),
    (r"n't\b", " n\u02bct"),
    (r"'(s|re|ve|ll|d|m)([\p{L}\p{M}\p{N}])", r" ' \1\2"),  # \b takes 'déjà' for 'd + éjà'
    (r"'(s|re|ve|ll|d|m)\b", " \u02bc\\1"),
    (r"([^\p{L}\p{M}\p{N}\s])", r" \1 "),
    (r"([\p{Han}\p{Hiragana}\p{Katakana}])", r" \1 "),  # written without spaces
    ("\u02bc", "'"),
)

BATCH = 2048
"""Texts that are split at a time outside the graph."""


def split_words(text: tf.Tensor) -> tf.RaggedTensor:
    """Splits texts into lower-case words, contractions and single punctuation marks.

    Args:
        text: UTF-8 strings `[batch]`; bytes that are not UTF-8 become U+FFFD.

    Returns:
        Strings `[batch, words]`. A text without a word gives one `UNKNOWN_WORD`, so that no row
        is empty: a recurrent layer over a fully masked row has no defined answer.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    text = tf.strings.regex_replace(text, BLANK, " ")
    text = tf.strings.lower(text, encoding="utf-8")
    for pattern, replacement in RULES:
        text = tf.strings.regex_replace(text, pattern, replacement)
    text = tf.strings.strip(text)
    text = tf.where(tf.equal(text, ""), UNKNOWN_WORD, text)
    return tf.strings.split(text)


def count_words(texts: Sequence[str]) -> Counts:
    """How many words each of many texts has, and how often each word occurs."""
    lengths = [np.zeros(0, np.int64)]
    words: Counter[str] = Counter()
    for start in range(0, len(texts), BATCH):
        split = split_words(tf.convert_to_tensor(list(texts[start : start + BATCH])))
        lengths.append(split.row_lengths().numpy())
        # A Python string for each word of 25,000 reviews would take longer than to split them.
        distinct, _, numbers = tf.unique_with_counts(split.values)
        names = [word.decode() for word in distinct.numpy()]
        words.update(dict(zip(names, numbers.numpy().tolist(), strict=True)))
    return Counts(np.concatenate(lengths), words)


class WordEncoder(tf.Module):
    """Looks words up in a vocabulary. Ids: 0 padding, 1 unknown, then the words.

    Args:
        vocabulary: words in the order of their ids, which begin at 2.
        max_length: tokens kept of a text, half from its beginning and half from its end.
    """

    def __init__(self, vocabulary: Sequence[str], max_length: int):
        super().__init__(name="words")
        self.max_length = max_length
        # Kept out of tf.Module's tracking, which would wrap twenty thousand strings one by one.
        self._vocabulary = tuple(vocabulary)
        # With the unknown word itself, because TensorFlow refuses an empty table.
        words = (UNKNOWN_WORD, *self._vocabulary)
        ids = np.arange(UNKNOWN, UNKNOWN + len(words), dtype=np.int32)
        # An attribute of the exported module: TensorFlow refuses untracked tables.
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(words, dtype=tf.string), tf.constant(ids)
            ),
            default_value=UNKNOWN,
        )

    @classmethod
    def fit(cls, counts: Counter[str], size: int, min_count: int, max_length: int) -> WordEncoder:
        """Learns the vocabulary: the most frequent words, ties in alphabetical order.

        Args:
            counts: how often each word occurs in the training split.
            size: words at most.
            min_count: rarer words are left out.
            max_length: tokens kept of a text.
        """
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [word for word, n in ranked if n >= min_count and word != UNKNOWN_WORD]
        return cls(kept[:size], max_length)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words, in the order of their ids."""
        return self._vocabulary

    @property
    def size(self) -> int:
        """Number of ids, padding and unknown included."""
        return len(self._vocabulary) + UNKNOWN + 1

    def words(self, text: tf.Tensor) -> tf.RaggedTensor:
        """The words that `encode` gives ids to: strings `[batch]` -> `[batch, words]`.

        Of a text that is too long the beginning and the end are kept, half each: what a text
        comes to is said at its end more often than in its middle.
        """
        words = split_words(text)
        half = self.max_length // 2
        if not half:
            return words[:, :1]
        head = self.max_length - half
        return tf.concat([words[:, :head], words[:, head:][:, -half:]], axis=1)

    def encode(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Strings `[batch]` -> int32 ids `[batch, words]`, never that of padding."""
        return tf.ragged.map_flat_values(self.table.lookup, self.words(text))

    def save(self, file: Path) -> None:
        """Writes the vocabulary as JSON."""
        content = {"max_length": self.max_length, "vocabulary": self._vocabulary}
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> WordEncoder:
        """Reads what `save` wrote."""
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(content["vocabulary"], content["max_length"])
