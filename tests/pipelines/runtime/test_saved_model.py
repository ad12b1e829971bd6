"""What comes with a SavedModel; loading it, and letting go of it."""

import subprocess
import sys

import pytest

from pipelines.runtime import saved_model

FREE = """
import sys
from pathlib import Path

import tensorflow as tf

from pipelines.runtime import saved_model

kind = tf.saved_model.experimental.TrackableResource


class Owner:
    def __init__(self, tables):
        self.tables = tables

    def __del__(self):
        for table in self.tables:
            table.__del__()


# From the 50th on, CPython's trashcan holds what is freed.
for depth in range(44, 54):
    loaded = saved_model.load(Path(sys.argv[1]))
    nodes = tf.train.TrackableView(loaded).descendants()
    nested = Owner([node for node in nodes if isinstance(node, kind)])
    assert nested.tables
    for _ in range(depth):
        nested = (nested,)
    nested = None
print("survived")
"""


def test_the_card_of_a_saved_model_is_empty_where_it_has_none(tmp_path):
    assert saved_model.read_card(tmp_path) == {}
    (tmp_path / saved_model.EXTRA).mkdir()
    (tmp_path / saved_model.CARD).write_text('{"task": "größe"}', encoding="utf-8")
    assert saved_model.read_card(tmp_path) == {"task": "größe"}


@pytest.mark.slow
def test_a_model_may_be_freed_from_deep_inside_other_objects(trained):
    # In a process of its own, because it is the process that does not survive it.
    ended = subprocess.run(
        [sys.executable, "-c", FREE, str(trained.folder)], capture_output=True, text=True
    )
    assert ended.returncode == 0 and ended.stdout == "survived\n", ended.stderr[-2000:]
