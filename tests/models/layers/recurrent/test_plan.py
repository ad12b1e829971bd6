"""How a batch is shared out among the threads."""

import numpy as np

from models.layers.recurrent import plan


def test_directions_come_first_and_then_parts_of_the_rows():
    sizes, none = plan.Sizes(1, 4, 2, 8, None), np.zeros((0, 0), bool)

    def shares(batch, backwards, number):
        found = plan.plan(sizes, none, batch, 10, backwards, number)
        return [(part.direction, len(part.rows.order)) for part in found]

    assert shares(64, (False,), 2) == [(0, 32), (0, 32)]
    assert shares(64, (False, True), 2) == [(0, 64), (1, 64)]
    assert shares(64, (False, True), 4) == [(0, 32), (0, 32), (1, 32), (1, 32)]
    assert shares(plan.LEAST_ROWS, (False,), 16) == [(0, plan.LEAST_ROWS)]


def test_a_row_that_has_ended_is_taken_no_further():
    sizes, lengths = plan.Sizes(1, 4, 2, 8, None), np.array([3, 0, 9, 5])
    mask = np.arange(10) < lengths[:, None]
    for backwards in (False, True):
        (part,) = plan.plan(sizes, mask, 4, 10, (backwards,), 1)
        assert list(part.rows.order) == [2, 3, 0, 1]
        assert list(part.rows.active) == [3, 3, 3, 2, 2, 1, 1, 1, 1, 0]
        assert part.rows.real.size == 0


def test_holes_are_told_from_right_padding():
    sizes, mask = plan.Sizes(1, 4, 2, 8, None), np.ones((2, 6), bool)
    mask[0, 2] = False
    (part,) = plan.plan(sizes, mask, 2, 6, (False,), 1)
    assert part.rows.real.shape == (2, 6)
