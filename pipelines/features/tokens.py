"""Texts <-> token ids, in the graph, for texts that are read and for texts that are written.

Words of a classifier are in `pipelines.features.text`: nobody writes with them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import tensorflow as tf

from models.ids import END, UNKNOWN
from pipelines.features.subwords import Subwords

UNKNOWN_SYMBOL = "\ufffd"
"""What an id that stands for no known symbol is shown as."""


class Tokens(Protocol):
    """A tokeniser that works both ways. Its ids begin as `models.ids` says."""

    @property
    def size(self) -> int:
        """Number of ids, the special ones included."""
        ...

    @property
    def requires(self) -> tuple[str, ...]:
        """As of `pipelines.task.Features`."""
        ...

    def encode(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Strings `[batch]` -> int32 ids `[batch, tokens]`; a text may have none."""
        ...

    def decode(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Int32 ids `[batch, tokens]` -> strings `[batch]`."""
        ...

    def names(self, ids: tf.Tensor) -> tf.Tensor:
        """Int32 ids `[...]` -> strings `[...]`, what each token is called; "" for padding."""
        ...

    def save(self, file: Path) -> None:
        """Writes what `load` reads, as JSON."""
        ...


class Symbols(tf.Module):
    """Characters, or symbols with a blank between, such as phones.

    Args:
        symbols: in the order of their ids, which begin behind END.
        separator: what stands between two symbols: "" for characters, or a blank.
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
            min_count: rarer symbols are unknown ones.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text.split() if separator else text)
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return cls([symbol for symbol, count in ranked if count >= min_count], separator)

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


def fit(tokenizer: str, texts: Sequence[str], vocabulary: int) -> Tokens:
    """A tokeniser learned from texts.

    Args:
        tokenizer: `characters`, `symbols` or `subwords`.
        texts: of the training split.
        vocabulary: number of subwords.
    """
    if tokenizer == "subwords":
        return Subwords.fit(texts, vocabulary)
    return Symbols.fit(texts, " " if tokenizer == "symbols" else "")


def load(file: Path) -> Tokens:
    """Reads what a tokeniser's `save` wrote."""
    content = json.loads(file.read_text("utf-8"))
    if content["kind"] == "subwords":
        return Subwords.load(content)
    return Symbols(content["symbols"], content["separator"])
