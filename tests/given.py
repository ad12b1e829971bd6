"""What tests of inputs and outputs are given: columns, examples, settings; and how they compare."""

from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines import tasks
from pipelines.config import resolve
from pipelines.data import raw
from pipelines.data.examples import SPLITS, Examples, Provenance
from pipelines.data.ragged import Ragged


def column(*values):
    """A raw column of texts, bytes or arrays."""
    made = np.empty(len(values), object)
    made[:] = values
    return made


def constant(*values) -> Any:
    """A batch of strings."""
    return tf.constant(values)


def examples(train, labels=(), /, **others):
    """Splits that hold what the training split holds, unless they are given."""
    splits = {name: others.get(name, train) for name in SPLITS}
    return Examples(splits, labels, Provenance("yours", "made up", "", "0"))


def settings(task, **changes):
    """The configuration of a task with some settings changed."""
    found = tasks.get(task)
    return resolve(found.name, found.mode, found.defaults, changes, input=found.network_input)


def rows_of(value):
    """Each example's part of what a split was encoded to."""
    if isinstance(value, Ragged):
        return [value.values[begin:end] for begin, end in pairwise(value.splits)]
    return list(value)


def assert_splits_are_as_in_graph(fitted, *splits, size=2):
    """`encode_split` gives bit by bit what `encode` gives of one batch after the other.

    Each split is encoded twice: as it comes, and after it was measured.
    """
    specs = fitted.signature()
    graph = tf.function(lambda given: fitted.encode(given).inputs, input_signature=[specs])
    for columns in splits:
        wanted = {}
        for start in range(0, len(columns[next(iter(specs))]), size):
            some = {name: columns[name][start : start + size] for name in specs}
            for name, value in graph(raw.tensors(some, specs)).items():
                wanted.setdefault(name, []).extend(row.numpy() for row in value)
        _assert_equal(fitted.encode_split(columns), wanted)
        fitted.measure(columns)
        _assert_equal(fitted.encode_split(columns), wanted)


def _assert_equal(found, wanted):
    assert found.keys() == wanted.keys()
    for name, rows in wanted.items():
        for mine, theirs in zip(rows_of(found[name]), rows, strict=True):
            assert mine.dtype == theirs.dtype, name
            np.testing.assert_array_equal(mine, theirs, err_msg=name)
