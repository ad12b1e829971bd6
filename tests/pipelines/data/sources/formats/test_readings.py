"""Recordings of sensors that the user brings, a row for each reading."""

import csv

import numpy as np
import pytest

from pipelines.data.examples import Column
from pipelines.data.splits import AtRandom, ByGroup, Folds
from pipelines.runtime.errors import UserError

COLUMNS = (Column("readings", "readings"), Column("label", "label", aliases=("activity",)))
HEADER = ("recording", "activity", "subject", "x", "y")


@pytest.fixture
def task(make_task):
    def make(split=None):
        return make_task(*COLUMNS, formats=("readings",), split=split or ByGroup("subject"))

    return make


def readings(recordings=12, length=30, subjects=6):
    """Rows of recordings that are interleaved; x says which one, y counts on."""
    return [
        (f"r{i}", "walk" if i % 2 else "run", f"{i // 2 % subjects}", i, t)
        for t in range(length)
        for i in range(recordings)
    ]


def write(path, rows, header=HEADER):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def file(tmp_path):
    return lambda rows=None, header=HEADER: write(tmp_path / "data.csv", rows or readings(), header)


def refused(call, *parts):
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def test_readings_become_recordings_in_the_order_of_the_rows(read, task, file):
    examples = read(file(), task(), window=100)
    assert examples.labels == ("run", "walk")
    recordings = [r for columns in examples.splits.values() for r in columns["readings"]]
    assert sorted(int(r[0, 0]) for r in recordings) == list(range(12))
    for recording in recordings:
        assert recording.dtype == np.float32 and recording.shape == (30, 2)
        assert recording[:, 1].tolist() == list(range(30))
    test = examples.splits["test"]
    assert set(test) == {"readings", "lengths", "label", "subject"}
    assert test["lengths"].dtype == np.int32 and set(test["lengths"]) == {30}


def test_recordings_are_cut_to_windows_after_the_split(read, task, file):
    examples = read(file(readings(length=34)), task(), window=10)
    of_recording = {
        split: {(int(r[0, 0]), int(r[0, 1]), len(r)) for r in examples.splits[split]["readings"]}
        for split in examples.splits
    }
    recordings = [{recording for recording, _, _ in own} for own in of_recording.values()]
    assert sum(map(len, recordings)) == len(set.union(*recordings)) == 12
    assert {(at, steps) for _, at, steps in of_recording["test"]} == {(0, 10), (10, 10), (20, 10)}
    assert {at for _, at, _ in of_recording["train"]} == {0, 5, 10, 15, 20}
    reason = "rest of a recording, shorter than half a window"
    assert examples.provenance.removed == {reason: 12}
    for columns in examples.splits.values():
        for window, label in zip(columns["readings"], columns["label"], strict=True):
            assert label == int(window[0, 0]) % 2


def test_no_subject_is_in_two_splits(read, task, file):
    examples = read(file(), task(), window=100)
    subjects = [set(columns["subject"]) for columns in examples.splits.values()]
    assert sum(map(len, subjects)) == len(set.union(*subjects)) == 6


@pytest.mark.parametrize("fold", range(6))
def test_a_fold_leaves_one_subject_out(read, task, file, fold):
    examples = read(file(), task(Folds("subject")), window=100, fold=fold)
    assert set(examples.splits["test"]["subject"]) == {str(fold)}
    others = {str(subject) for subject in range(6)} - {str(fold)}
    assert (
        set(examples.splits["train"]["subject"]) | set(examples.splits["validation"]["subject"])
        == others
    )


def test_a_fold_that_does_not_exist(read, task, file):
    refused(
        lambda: read(file(), task(Folds("subject")), fold=6),
        "no fold 6",
        "6 different values of subject",
        "FOLD=0 to FOLD=5",
    )
    refused(lambda: read(file(), task(AtRandom()), fold=1), "not made of folds", "leave FOLD out")


def test_folds_without_a_subject(read, task, file):
    rows = [(a, b, x, y) for a, b, _, x, y in readings()]
    refused(
        lambda: read(file(rows, ("id", "label", "x", "y")), task(Folds("subject", ("user",)))),
        "subject or user",
        "column split",
    )


def test_splits_of_the_table_are_kept(read, task, file):
    rows = [
        (*row, {0: "train", 1: "train", 2: "dev"}.get(int(row[2]) % 4, "test"))
        for row in readings(24, subjects=12)
    ]
    examples = read(file(rows, (*HEADER, "split")), task(Folds("subject")), window=100)
    assert {s: sorted(set(examples.splits[s]["subject"]), key=int) for s in examples.splits} == {
        "train": ["0", "1", "4", "5", "8", "9"],
        "validation": ["2", "6", "10"],
        "test": ["3", "7", "11"],
    }


def test_what_differs_within_a_recording_is_named(read, task, file):
    rows = readings()
    rows[12] = ("r0", "walk", *rows[12][2:])
    refused(lambda: read(file(rows), task()), "'r0'", "'run' and 'walk'", "'activity'")


@pytest.mark.parametrize("cell", ["", "fast", "nan", "1e99"])
def test_a_gap_in_a_channel_is_named_with_its_row(read, task, file, cell):
    rows = readings()
    rows[4] = (*rows[4][:4], cell)
    refused(lambda: read(file(rows), task()), "row 5", f"'{cell}'", "'y'", "not a number")


def test_tables_that_are_not_of_readings(read, task, file):
    rows = readings()
    refused(lambda: read(file(rows, ("take", *HEADER[1:])), task()), "recording_id", "take, activ")
    bare = [(a, b, c) for a, b, c, _, _ in rows]
    refused(lambda: read(file(bare, HEADER[:3]), task()), "no column of readings", "channels")
    unlabelled = [(a, c, x, y) for a, _, c, x, y in rows]
    header = ("recording", "subject", "x", "y")
    refused(lambda: read(file(unlabelled, header), task()), "the label", "LABEL=name")
