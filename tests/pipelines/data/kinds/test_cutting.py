import itertools

import numpy as np
import pytest

from pipelines.data.kinds.cutting import divide, passages, windows

TEXT = "".join(f"Line {number} of it.\n" for number in range(200))


@pytest.mark.parametrize("steps", [10, 40, 100, 10_000])
def test_nothing_is_lost_and_no_passage_is_too_long(steps):
    pieces, dropped = passages(TEXT, steps)
    assert "".join(pieces) == TEXT and not dropped
    assert max(map(len, pieces)) < max(steps, 2)


def test_a_passage_ends_with_a_line_and_is_as_long_as_it_can_be():
    pieces, _ = passages(TEXT, 100)
    assert all(passage.endswith("\n") for passage in pieces)
    for passage, following in itertools.pairwise(pieces):
        assert len(passage) + len(following.split("\n")[0]) + 1 >= 100


def test_a_line_that_is_too_long_is_cut_within():
    assert passages("abcdefgh\nij", 5) == (["abcd", "efgh", "\nij"], 0)


def test_a_document_is_divided_where_lines_end():
    parts = divide(TEXT, {"test": 0.2, "validation": 0.08})
    assert parts["train"] + parts["test"] + parts["validation"] == TEXT
    assert all(part.endswith("\n") for part in parts.values())
    assert len(parts["test"]) == pytest.approx(0.2 * len(TEXT), abs=20)


def test_of_a_short_document_something_is_empty():
    assert "" in divide("a", {"test": 0.2, "validation": 0.1}).values()


def recording(length):
    return np.arange(length, dtype=np.float32)[:, None]


def cut(length, steps, training=False):
    """First and last reading of each window, and how many rests were dropped."""
    pieces, dropped = windows(recording(length), steps, training)
    return [(int(piece[0, 0]), int(piece[-1, 0])) for piece in pieces], dropped


def test_windows_that_are_held_out_follow_each_other():
    assert cut(30, 10) == ([(0, 9), (10, 19), (20, 29)], 0)


def test_windows_for_training_overlap_by_a_half():
    assert cut(30, 10, training=True) == ([(0, 9), (5, 14), (10, 19), (15, 24), (20, 29)], 0)


def test_a_rest_of_half_a_window_is_a_short_window():
    assert cut(25, 10) == ([(0, 9), (10, 19), (20, 24)], 0)


@pytest.mark.parametrize("training", [False, True])
def test_a_smaller_rest_is_dropped_and_counted(training):
    found, dropped = cut(24, 10, training)
    assert found[-1] == (10, 19) and dropped == 1


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("length", [1, 4, 10])
def test_a_recording_shorter_than_a_window_is_one(length, training):
    assert cut(length, 10, training) == ([(0, length - 1)], 0)


@pytest.mark.parametrize("steps", [2, 3, 7, 200])
def test_no_window_is_longer_and_no_reading_before_the_rest_is_lost(steps):
    for length in (1, steps - 1, steps, steps + 1, 5 * steps + steps // 2, 1000):
        for training in (False, True):
            pieces, dropped = windows(recording(length), steps, training)
            assert max(map(len, pieces)) <= steps
            covered = set(np.concatenate(pieces)[:, 0].tolist())
            assert covered == set(range(len(covered)))
            assert (length - len(covered) > 0) == dropped and 2 * (length - len(covered)) < steps
