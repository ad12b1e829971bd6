import json
from types import SimpleNamespace

import pytest

from pipelines.config import DataSettings
from pipelines.data.examples import Column
from pipelines.data.sources import load
from pipelines.data.splits import AtRandom

COLUMNS = (
    Column("text", "text", aliases=("review", "sentence")),
    Column("label", "label", aliases=("sentiment", "class")),
    Column("rating", "number", optional=True),
)
WORDS = ("river", "stone", "cloud", "ember", "willow", "lantern", "oar", "meadow", "lyre", "gate")


def sentence(i):
    return f"The {WORDS[i % 10]} and the {WORDS[i // 10 % 10]}, as told in chapter {i}"


@pytest.fixture
def make_task():
    def make(*columns, formats=("table", "folders"), split=None, embedded="movie_sentences"):
        split = split or AtRandom()
        return SimpleNamespace(
            name="anything",
            columns=(*(columns or COLUMNS), *split.columns),
            formats=formats,
            split=split,
            embedded=embedded,
        )

    return make


@pytest.fixture
def read(tmp_path, make_task):
    """Loads the user's own data from a path."""

    def call(path, task=None, seed=0, **settings):
        return load(task or make_task(), DataSettings(data=str(path), **settings), seed)

    return call


@pytest.fixture
def write(tmp_path):
    """Writes rows as JSON lines."""

    def call(rows, name="data.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return call


def rows(count, labels=("bad", "good")):
    return [{"text": sentence(i), "label": labels[i % len(labels)]} for i in range(count)]


def texts(examples, split=None):
    names = [split] if split else list(examples.splits)
    return [text for name in names for text in examples.splits[name]["text"]]
