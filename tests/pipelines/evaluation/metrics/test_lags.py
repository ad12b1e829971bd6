import numpy as np
import pytest

from pipelines.evaluation.metrics.lags import by_lag, solved_lag


def test_errors_are_averaged_lag_by_lag():
    errors = by_lag(np.array([0.2, 0.0, 0.4, 1.0]), [8, 2, 8, 4])
    assert errors == pytest.approx({2: 0.0, 4: 1.0, 8: 0.3})
    assert list(errors) == [2, 4, 8]


@pytest.mark.parametrize(
    ("errors", "longest"),
    [
        ({5: 0.001, 10: 0.009}, 10),
        ({10: 0.2, 5: 0.001}, 5),
        ({5: 0.2, 10: 0.001}, 0),
        ({5: 0.001, 10: 0.2, 20: 0.001}, 5),
        ({5: 0.01}, 0),
        ({5: float("nan")}, 0),
    ],
    ids=["all", "the shorter", "not the shortest", "a gap", "at the line", "no number"],
)
def test_a_lag_is_solved_with_all_shorter_ones(errors, longest):
    assert solved_lag(errors) == longest
