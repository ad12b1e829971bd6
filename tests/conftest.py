"""Quiet TensorFlow; one project folder for the session, with a tiny run trained in it."""

import contextlib
import csv
import gc
import io
import itertools
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.runtime.allocator import keep_freed_memory

# Before any import of TensorFlow: quiet, and on the backend that the project is written for.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
keep_freed_memory()

WORDS = {
    "negative": ("dull", "awful", "tedious", "clumsy", "boring"),
    "positive": ("lovely", "brilliant", "moving", "funny", "superb"),
    "neutral": ("long", "french", "recent", "short", "old"),
}
TINY = (
    *("CELL=simple_rnn", "BIDIRECTIONAL=0", "ATTENTION=dot", "UNITS=4", "EMBEDDING_DIM=8"),
    *("BATCH_SIZE=32", "LEARNING_RATE=0.02", "BUCKETS=2", "EPOCHS=12", "PATIENCE=12"),
    *("TOKEN_DROPOUT=0", "DROPOUT=0.1", "EMA=0", "WARMUP=0", "VALIDATION_SHARE=0.3"),
)
"""Settings by which the sentences are learned in a second or two."""


def pytest_collection_finish():
    """Saves time: a tenth for the search for garbage, and what the optimiser of graphs takes.

    Graphs run as they are traced, because to optimise one costs more than to run it a few times.
    Those of processes of their own, and so the commands of a user, are optimised.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


@dataclass(frozen=True)
class Trained:
    """What `trained` left.

    Attributes:
        words: of the command line, from `TASK=` on.
        said: what it printed.
        run_id: of MLflow.
        folder: the export.
    """

    words: list[str]
    said: str
    run_id: str
    folder: Path


def write_sentences(file: Path, labels: tuple[str, ...]) -> Path:
    """120 different sentences for each label, in mixed order."""
    places = ("a", "this", "the whole", "that")
    things = ("film", "story", "cast", "plot", "ending", "music")
    rows = [
        (f"{place} {thing} is {word}", label)
        for label in labels
        for place, thing, word in itertools.product(places, things, WORDS[label])
    ]
    random.Random(0).shuffle(rows)
    with file.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([("text", "label"), *rows])
    return file


@pytest.fixture(scope="session")
def session_root(tmp_path_factory):
    # A blank and an umlaut, as people's folders have them.
    folder = tmp_path_factory.mktemp("größer als") / "my project"
    folder.mkdir()
    return folder


@pytest.fixture
def root(session_root, monkeypatch):
    """The session's project folder, as `UNROLLED_ROOT`."""
    monkeypatch.setenv("UNROLLED_ROOT", str(session_root))
    return session_root


@pytest.fixture(scope="session")
def sentences(session_root):
    return write_sentences(session_root / "two.csv", ("negative", "positive"))


@pytest.fixture(scope="session")
def trained(session_root, sentences):
    """A whole `unrolled train` in this process."""
    from pipelines import cli
    from pipelines.serving import versions

    words = ["TASK=sentiment", f"DATA={sentences}", *TINY]
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("UNROLLED_ROOT", str(session_root))
        assert cli.main(["train", *words]) == 0
        export = versions.get("sentiment")
    return Trained(words, said.getvalue(), export.card["run_id"], export.folder)
