"""The road of sequence tagging: a sentence -> words and their characters, labels -> tags, spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf

from models.ids import END, START
from models.inputs.tokens import TokenInput
from models.outputs.labels import Labels
from pipelines.config import Config
from pipelines.examples import Columns, Examples
from pipelines.features import tokens
from pipelines.features.sentences import entities, split_sentence
from pipelines.features.tokens import Symbols
from pipelines.ragged import Ragged

OUTSIDE = "O"
CHARACTERS = 20
"""Characters kept of a word: half from its beginning and half from its end."""

WIDTH = CHARACTERS + 2
"""With START before and END behind, by which a filter tells the ends of a word from its middle."""

AT_A_TIME = 2048


class TaggingFeatures(tf.Module):
    """Implements `pipelines.task.Features` for words with a tag each.

    Args:
        words: the known words, as `plain` writes them.
        characters: the known characters.
        tags: the tags, "O" the first.
        config: of the run.
    """

    requires: ClassVar[tuple[str, ...]] = ()

    def __init__(self, words: Symbols, characters: Symbols, tags: tuple[str, ...], config: Config):
        super().__init__(name="tagging")
        self.words = words
        self.characters = characters
        self.max_length = config.data.max_length
        self.inputs = TokenInput(words.size, characters.size)
        self.outputs = Labels(len(tags))
        self._tags = tags

    @classmethod
    def fit(cls, examples: Examples, config: Config) -> TaggingFeatures:
        """Learns words, characters and tags from the training split alone."""
        train, data = examples.splits["train"], config.data
        words: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        for part in _words(train["text"].tolist()):
            words.update(word.decode() for word in plain(part).values.numpy())
            for word in part.values.numpy():
                characters.update(word.decode())
        tags = {tag for target in train["target"] for tag in target.split()} | {OUTSIDE}
        ranked = sorted(tags, key=lambda tag: (tag != OUTSIDE, tag))
        return cls(
            Symbols(_ranked(words, data.min_count)[: data.vocabulary], " "),
            Symbols(_ranked(characters, 1), ""),
            tuple(ranked),
            config,
        )

    def save(self, folder: Path) -> None:
        """Writes `words.json`, `characters.json` and `tags.json`."""
        self.words.save(folder / "words.json")
        self.characters.save(folder / "characters.json")
        (folder / "tags.json").write_text(json.dumps(self._tags, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, config: Config) -> TaggingFeatures:
        """Reads what `save` wrote."""
        words, characters = (tokens.load(folder / f"{n}.json") for n in ("words", "characters"))
        assert isinstance(words, Symbols)
        assert isinstance(characters, Symbols)
        tags = json.loads((folder / "tags.json").read_text("utf-8"))
        return cls(words, characters, tuple(tags), config)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in the order of their indices."""
        return self._tags

    def signature(self) -> dict[str, tf.TensorSpec]:
        """One raw input: `text`, strings `[batch]`."""
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def read(self, text: tf.Tensor) -> tf.RaggedTensor:
        """The words that get a tag: strings `[batch]` -> `[batch, words]`, the text's beginning."""
        return split_sentence(text)[:, : self.max_length]

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.RaggedTensor]:
        """`text` `[batch]` -> ids.

        Returns:
            tokens: int32 `[batch, words]`.
            characters: int32 `[batch, words, WIDTH]`, 0 behind the end of a word.
        """
        words = self.read(raw["text"])
        spelled = tf.strings.unicode_split(words.values, "UTF-8")
        half = CHARACTERS // 2
        spelled = tf.concat([spelled[:, :half], spelled[:, half:][:, -half:]], axis=1)
        ids = tf.ragged.map_flat_values(self.characters.table.lookup, spelled)
        first, last = (tf.fill([spelled.nrows(), 1], each) for each in (START, END))
        ids = tf.concat([first, ids, last], axis=1)
        return {
            "tokens": tf.ragged.map_flat_values(self.words.table.lookup, plain(words)),
            "characters": words.with_values(ids.to_tensor(shape=[None, WIDTH])),
        }

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Labels -> what a person reads.

        Returns:
            words, tags: strings `[batch, words]`, padded with "" on the right.
            entities, types: strings `[batch, entities]`: what the tags mark, and as what.
            score: float32 `[batch]`, of a CRF: log-probability of all tags of a text together.
        """
        words = self.read(raw["text"])
        ids = outputs["tags"]
        names = tf.gather(tf.constant(self._tags), tf.maximum(ids, 0))
        tags = tf.where(tf.less(ids, 0), "", names)
        spans, types = entities(words, tags)
        answer = {"words": words.to_tensor(""), "tags": tags, "entities": spans, "types": types}
        return answer | ({"score": outputs["scores"]} if "scores" in outputs else {})

    def targets(self, columns: Columns) -> tuple[Ragged, np.ndarray]:
        """Labels of a split, -1 at padding, and a weight of 1 for each example.

        A tag that training lacks counts as "O" here; an evaluation knows it by its name.
        """
        index = {tag: i for i, tag in enumerate(self._tags)}
        rows = [target.split()[: self.max_length] for target in columns["target"]]
        values = np.array([index.get(tag, 0) for row in rows for tag in row], np.int32)
        splits = np.cumsum([0, *map(len, rows)])
        return Ragged(values, splits, fill=self.outputs.padding), np.ones(len(rows), np.float32)


def plain(words: tf.RaggedTensor) -> tf.RaggedTensor:
    """Words in lower case with every digit as 0; how they are spelled is told by characters."""
    lower = tf.strings.lower(words.values, encoding="utf-8")
    return words.with_values(tf.strings.regex_replace(lower, r"\p{Nd}", "0"))


def words_of(texts: Sequence[str]) -> Iterator[list[str]]:
    """The plain words of each text in turn, for counting."""
    for part in _words(texts):
        for row in plain(part).to_list():
            yield [word.decode() for word in row]


def _words(texts: Sequence[str]) -> Iterator[tf.RaggedTensor]:
    for start in range(0, len(texts), AT_A_TIME):
        yield split_sentence(tf.convert_to_tensor(list(texts[start : start + AT_A_TIME])))


def _ranked(counts: Counter[str], min_count: int) -> list[str]:
    """The most frequent first, ties in alphabetical order."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [name for name, count in ranked if count >= min_count]
