"""The table of kinds: no part of an entry may be missing, for nobody else knows about it."""

import dataclasses
import typing

import numpy as np
import pytest

from pipelines.config import settings
from pipelines.data.examples import Column
from pipelines.data.kinds import KINDS, Cells, Role, Stored, of_role
from pipelines.data.sources.prepared import READERS

STEPS = np.ones((3, 2), np.float64)
SAMPLES = {
    "text": ("A  text", "a text ", "another", " "),
    "document": ("A  text\n", "a text", "another", "\n"),
    "audio": (b"RIFF", b"RIFF", b"riff", b""),
    "image": (b"\x89PNG", b"\x89PNG", b"\x89png", b""),
    "steps": (STEPS, STEPS + 0, STEPS + 1, STEPS[:0]),
    "readings": (STEPS, STEPS + 0, STEPS + 1, STEPS[:0]),
    "label": ("Ham", "ham ", "spam", ""),
    "target": ("A  text", "a text ", "another", ""),
    "number": (1.0, 1.0, 2.0, float("nan")),
    "group": ("Ann", "ann", "bob", " "),
}
"""Of each kind: a value, one that counts as the same, another one, and a blank one."""


def test_every_kind_is_tested_here():
    assert SAMPLES.keys() == KINDS.keys()


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_all_its_parts(name):
    kind = KINDS[name]
    assert kind.role in typing.get_args(Role)
    value, same, other, blank = SAMPLES[name]
    assert kind.identity(value) == kind.identity(same) != kind.identity(other)
    assert kind.is_blank(blank) and not kind.is_blank(value)
    array = kind.array([value, other], {"Ham": 0, "spam": 1})
    assert array.shape == (2,)
    assert array.dtype == {"label": np.int64, "number": np.float32}.get(name, object)
    assert kind.stored or kind.also_stored
    assert kind.cells is None or kind.cells(Cells([])) is False
    if kind.cut:
        assert kind.cut.setting in settings()
        pieces, dropped = kind.cut.segments(value, 2, False)
        assert len(pieces) > 1 or name == "document" or not dropped
    assert kind.has_lengths == (name in ("steps", "readings"))


def test_what_tfds_stores_is_read_and_belongs_to_a_kind():
    of_kinds = {how for kind in KINDS.values() for how in kind.stored + kind.also_stored}
    assert of_kinds == set(READERS) == set(typing.get_args(Stored))


def test_sequences_of_steps_become_float32_even_where_all_are_equally_long():
    array = KINDS["steps"].array([STEPS, STEPS], {})
    assert [each.dtype for each in array] == [np.float32] * 2
    assert [each.shape for each in array] == [(3, 2)] * 2


def test_columns_by_what_they_are_for():
    columns = [Column("a", "text"), Column("b", "label"), Column("c", "image")]
    assert [column.name for column in of_role(columns, "input")] == ["a", "c"]
    assert of_role(columns, "group") == []


def test_an_entry_is_not_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        KINDS["text"].role = "target"
