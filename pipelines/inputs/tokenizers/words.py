"""Text -> token ids, by words, in the graph."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.ids import UNKNOWN
from pipelines.data.ragged import Ragged
from pipelines.inputs.tokenizers.cache import ColumnCache

UNKNOWN_WORD = "[UNK]"
"""The only token of a text without words; upper case, so never in a vocabulary."""

BLANK = (
    r"(?i)<br\s*/?>"  # remains of HTML in scraped reviews
    r"|[\p{Cc}\p{Zl}\p{Zp}\x{A0}\x{1680}\x{2000}-\x{200B}\x{202F}\x{205F}\x{3000}\x{FEFF}]"
)
"""What counts as a space. TensorFlow's operations know only the spaces of ASCII, and its `lower`
drops what follows a NUL."""

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
"""Texts that are split at a time outside the export."""


def split_words(text: tf.Tensor) -> tf.RaggedTensor:
    """Splits texts into lower-case words, contractions and single punctuation marks.

    Args:
        text: UTF-8 strings `[batch]`; bytes that are not UTF-8 become U+FFFD.

    Returns:
        Strings `[batch, words]`. A text without words gives one `UNKNOWN_WORD`, so that no row
        is empty: a recurrent layer has no defined output for a fully masked row.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    text = tf.strings.regex_replace(text, BLANK, " ")
    text = tf.strings.lower(text, encoding="utf-8")
    for pattern, replacement in RULES:
        text = tf.strings.regex_replace(text, pattern, replacement)
    text = tf.strings.strip(text)
    text = tf.where(tf.equal(text, ""), UNKNOWN_WORD, text)
    return tf.strings.split(text)


def without_empty_rows(tokens: tf.RaggedTensor, filler: Any) -> tf.RaggedTensor:
    """The tokens with one `filler` in each row that has none.

    No row may be fully masked, because a recurrent layer has no defined output for it.
    """
    empty = tf.equal(tokens.row_lengths(), 0)
    fillers = tf.RaggedTensor.from_row_lengths(
        tf.fill([tf.math.count_nonzero(empty)], filler), tf.cast(empty, tf.int64)
    )
    return tf.concat([tokens, fillers], axis=1)


def ranked(counts: Mapping[str, int], min_count: int = 1) -> list[str]:
    """The names with at least `min_count`, most frequent first, ties in alphabetical order."""
    pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [name for name, count in pairs if count >= min_count]


@dataclass(frozen=True)
class SplitTexts:
    """Texts split into words, each different word once.

    Attributes:
        words: the different words, strings `[n]`.
        index: of the words of each text, int32 positions in `words`, uncut.
    """

    words: tf.Tensor
    index: Ragged

    def counts(self, normalize: Callable[[tf.Tensor], tf.Tensor] = tf.identity) -> Counter[str]:
        """How often each word occurs.

        Args:
            normalize: strings `[n]` -> how these words are counted, strings `[n]`.
        """
        numbers = np.bincount(self.index.values, minlength=len(self.words)).tolist()
        counts: Counter[str] = Counter()
        for word, number in zip(normalize(self.words).numpy(), numbers, strict=True):
            counts[word.decode()] += number
        return counts


class Splits(ColumnCache[SplitTexts]):
    """Columns of texts, each split into words once.

    Args:
        split: strings `[batch]` -> strings `[batch, words]`.
    """

    def __init__(self, split: Callable[[tf.Tensor], tf.RaggedTensor]):
        super().__init__(self._split_all)
        self._split = split

    def _split_all(self, texts: np.ndarray) -> SplitTexts:
        places: dict[bytes, int] = {}
        lengths, index = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
        for start in range(0, len(texts), BATCH):
            words = self._split(tf.convert_to_tensor(texts[start : start + BATCH].tolist()))
            lengths.append(words.row_lengths().numpy())
            # Creating a Python string for every word of 25,000 reviews takes longer than splitting.
            distinct, local = tf.unique(words.values)
            positions = [places.setdefault(word, len(places)) for word in distinct.numpy()]
            index.append(np.array(positions, np.int32)[local.numpy()])
        splits = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
        words: Any = tf.constant(list(places), tf.string)
        return SplitTexts(words, Ragged(np.concatenate(index), splits))


class WordEncoder(tf.Module):
    """Looks words up in a vocabulary. Ids: 0 padding, 1 unknown, then the words.

    Args:
        vocabulary: words in the order of their ids, which begin at 2.
        max_length: tokens kept of a text, half from its beginning and half from its end.
    """

    def __init__(self, vocabulary: Sequence[str], max_length: int):
        super().__init__(name="words")
        self.max_length = max_length
        # A tuple, because tf.Module's tracking would wrap each string of a list.
        self._vocabulary = tuple(vocabulary)
        # The unknown word is included because TensorFlow rejects an empty table.
        words = (UNKNOWN_WORD, *self._vocabulary)
        ids = np.arange(UNKNOWN, UNKNOWN + len(words), dtype=np.int32)
        # An attribute of the exported module, because TensorFlow rejects untracked tables.
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
        kept = [word for word in ranked(counts, min_count) if word != UNKNOWN_WORD]
        return cls(kept[:size], max_length)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words, in the order of their ids."""
        return self._vocabulary

    @property
    def size(self) -> int:
        """Number of ids, padding and unknown included."""
        return len(self._vocabulary) + UNKNOWN + 1

    def cut(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """The words, or their ids, that are kept of each text, `[batch, words]`.

        The beginning and the end of a long text are kept, half each: its conclusion is more often
        at the end than in the middle.
        """
        half = self.max_length // 2
        if not half:
            return words[:, :1]
        head = self.max_length - half
        return tf.concat([words[:, :head], words[:, head:][:, -half:]], axis=1)

    def ids(self, words: tf.Tensor) -> tf.Tensor:
        """Strings `[...]` -> int32 ids `[...]`, never that of padding."""
        return self.table.lookup(words)

    def save(self, file: Path) -> None:
        """Writes the vocabulary as JSON."""
        content = {"max_length": self.max_length, "vocabulary": self._vocabulary}
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> WordEncoder:
        """Reads what `save` wrote."""
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(content["vocabulary"], content["max_length"])
