"""Labels of words -> tags and entities, and the targets of tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.outputs.labels import Labels
from pipelines.config import Config
from pipelines.data.examples import Columns, Examples
from pipelines.data.ragged import Ragged
from pipelines.inputs.fitted.base import FittedInput
from pipelines.inputs.tokenizers.sentences import entities
from pipelines.outputs.fitted.base import FittedOutput, named
from pipelines.outputs.tags import Tags

OUTSIDE = "O"
FILE = "tags.json"


class FittedTags(FittedOutput):
    """Predicts a tag for each word, in the scheme BIO.

    Args:
        tags: the tags, "O" first.
        input: its words are tagged.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "tokens": ("steps",),
        "tags": ("steps",),
        "entities": ("entities",),
        "types": ("entities",),
    }

    def __init__(self, tags: tuple[str, ...], input: FittedInput):
        super().__init__(name="tags")
        self.input = input
        self.network = Labels(len(tags))
        self._tags = tags

    @classmethod
    def fit(
        cls, declared: Tags, examples: Examples, config: Config, input: FittedInput
    ) -> FittedTags:
        """Learns the tags of the training split."""
        targets = examples.splits["train"]["target"]
        tags = {tag for target in targets for tag in target.split()} - {OUTSIDE}
        return cls((OUTSIDE, *sorted(tags)), input)

    @classmethod
    def load(cls, declared: Tags, folder: Path, config: Config, input: FittedInput) -> FittedTags:
        """Reads what `save` wrote."""
        return cls(tuple(json.loads((folder / FILE).read_text("utf-8"))), input)

    def save(self, folder: Path) -> None:
        """Writes `tags.json`."""
        (folder / FILE).write_text(json.dumps(self._tags, ensure_ascii=False), "utf-8")

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in the order of their indices."""
        return self._tags

    def targets(
        self, columns: Columns, encoded: Mapping[str, Ragged | np.ndarray]
    ) -> tuple[Ragged, np.ndarray]:
        """Labels of a split, cut like the words, -1 at padding, and a weight of 1 per example.

        A tag that is missing from training counts as "O" here, but not in an evaluation.
        """
        del encoded
        index = {tag: i for i, tag in enumerate(self._tags)}
        rows = [self.input.align(target.split()) for target in columns["target"]]
        values = np.array([index.get(tag, 0) for row in rows for tag in row], np.int32)
        splits = np.cumsum([0, *map(len, rows)])
        return Ragged(values, splits, fill=self.network.padding), np.ones(len(rows), np.float32)

    def decode(self, answers: Mapping[str, tf.Tensor], encoded: Encoded) -> dict[str, tf.Tensor]:
        """Labels -> tags and entities.

        Returns:
            tokens, tags: strings `[batch, words]`, padded with "" on the right.
            entities, types: strings `[batch, entities]`: the marked words and their types.
            score: float32 `[batch]`, of a CRF: log-probability of all tags of a text together.
        """
        assert encoded.names is not None
        ids = answers["tags"]
        names = tf.gather(tf.constant(self._tags), tf.maximum(ids, 0))
        tags = tf.where(tf.less(ids, 0), "", names)
        spans, types = entities(encoded.names, tags)
        decoded = {**named(encoded), "tags": tags, "entities": spans, "types": types}
        return decoded | ({"score": answers["scores"]} if "scores" in answers else {})
