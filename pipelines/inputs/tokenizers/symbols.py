"""Reversible tokenisers: texts to ids and ids to texts, in the graph."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import tensorflow as tf

from models.ids import END, UNKNOWN
from pipelines.inputs.tokenizers.subwords import Subwords
from pipelines.inputs.tokenizers.words import ranked

UNKNOWN_SYMBOL = "\ufffd"
"""The name of ids that stand for no known symbol."""


class Tokenizer(Protocol):
    """A reversible tokeniser; its first ids are the special ones of `models.ids`."""

    @property
    def size(self) -> int:
        """Number of ids, the special ones included."""
        ...

    @property
    def requires(self) -> tuple[str, ...]:
        """Of `saved_model.LIBRARIES`, those whose operations it uses."""
        ...

    def encode(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Strings `[batch]` -> int32 ids `[batch, tokens]`; a text may have none."""
        ...

    def decode(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Int32 ids `[batch, tokens]` -> strings `[batch]`."""
        ...

    def names(self, ids: tf.Tensor) -> tf.Tensor:
        """Int32 ids `[...]` -> strings `[...]`, the name of each token; "" for padding."""
        ...

    def save(self, file: Path) -> None:
        """Writes what `load` reads, as JSON."""
        ...


class Symbols(tf.Module):
    """Characters, or symbols separated by spaces, such as phones.

    Args:
        symbols: in the order of their ids, which follow END.
        separator: between two symbols: "" for characters, or a space.
    """

    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(self, symbols: Sequence[str], separator: str):
        super().__init__(name="symbols")
        self.separator = separator
        self._symbols = tuple(symbols)
        known = tf.constant([UNKNOWN_SYMBOL, *self._symbols])
        ids = np.array([UNKNOWN, *range(END + 1, END + 1 + len(self._symbols))], np.int32)
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(known, tf.constant(ids)), default_value=UNKNOWN
        )
        self._names = tf.constant(["", UNKNOWN_SYMBOL, "", "", *self._symbols])

    @classmethod
    def fit(cls, texts: Sequence[str], separator: str, min_count: int = 1) -> Symbols:
        """Learns the symbols of the training split, the most frequent first.

        Args:
            texts: of the training split.
            separator: as of the class.
            min_count: rarer symbols are unknown.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text.split() if separator else text)
        return cls(ranked(counts, min_count), separator)

    @classmethod
    def load(cls, file: Path) -> Symbols:
        """Reads what `save` wrote."""
        content = json.loads(file.read_text("utf-8"))
        return cls(content["symbols"], content["separator"])

    @property
    def size(self) -> int:
        """Number of ids, the special ones included."""
        return END + 1 + len(self._symbols)

    @property
    def known(self) -> tuple[str, ...]:
        """The symbols in the order of their ids."""
        return self._symbols

    def encode(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Strings `[batch]` -> int32 ids `[batch, symbols]`."""
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
        if self.separator:
            symbols = tf.strings.split(text)
        else:
            symbols = tf.strings.unicode_split(text, "UTF-8")
        return tf.ragged.map_flat_values(self.table.lookup, symbols)

    def decode(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Int32 ids `[batch, symbols]` -> strings `[batch]`."""
        names: Any = tf.ragged.map_flat_values(self.names, ids)
        return tf.strings.reduce_join(names, axis=1, separator=self.separator)

    def names(self, ids: tf.Tensor) -> tf.Tensor:
        """Int32 ids `[...]` -> strings `[...]`."""
        return tf.gather(self._names, ids)

    def save(self, file: Path) -> None:
        """Writes the symbols as JSON."""
        content = {"kind": "symbols", "symbols": self._symbols, "separator": self.separator}
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def fit(tokenizer: str, texts: Sequence[str], vocabulary: int) -> Tokenizer:
    """A tokeniser learned from texts.

    Args:
        tokenizer: `characters`, `symbols` or `subwords`.
        texts: of the training split.
        vocabulary: number of subwords.
    """
    if tokenizer == "subwords":
        return Subwords.fit(texts, vocabulary)
    return Symbols.fit(texts, " " if tokenizer == "symbols" else "")


def load(file: Path) -> Tokenizer:
    """Reads what a tokeniser's `save` wrote."""
    content = json.loads(file.read_text("utf-8"))
    if content["kind"] == "subwords":
        return Subwords.load(content)
    return Symbols.load(file)
