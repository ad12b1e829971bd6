import json

import numpy as np
import pytest

from pipelines.errors import UserError
from pipelines.problems.sequence_to_value import SequenceToValue

PROBLEM = SequenceToValue(width=2, tolerance=0.08)
COLUMNS = {
    "lengths": np.array([4, 4, 8, 8]),
    "value": np.array([1.0, 0.5, 1.0, 1.5], np.float32),
}


def evaluated(values):
    outputs = {"value": np.array(values, np.float32)}
    chance = {"mean": {"value": np.ones(4, np.float32)}}
    return PROBLEM.evaluate(outputs, COLUMNS, (), chance)


def test_errors_are_told_in_all_and_lag_by_lag():
    found = evaluated([1.0, 0.55, 1.0, 1.0]).metrics
    assert found["squared_error"] == pytest.approx((0.05**2 + 0.5**2) / 4)
    assert found["absolute_error"] == pytest.approx(0.55 / 4)
    assert found["accuracy"] == 0.75
    assert found["lag_4_squared_error"] == pytest.approx(0.05**2 / 2)
    assert found["lag_8_squared_error"] == pytest.approx(0.5**2 / 2)
    assert found["solved_lag"] == 4


def test_the_baseline_has_the_same_metrics_and_solves_nothing():
    found = evaluated([1.0, 0.5, 1.0, 1.5])
    assert found.metrics["solved_lag"] == 8
    assert found.baselines["mean"].keys() == found.metrics.keys()
    assert found.baselines["mean"]["solved_lag"] == 0
    assert "lags.png" in found.figures


def test_a_request_is_a_list_of_steps():
    raw = PROBLEM.request("[[0.25, 1], [0.5, 0], [0.75, 1]]")
    assert raw["features"].tolist() == [[0.25, 1], [0.5, 0], [0.75, 1]]
    assert raw["features"].dtype == np.float32
    assert raw["lengths"] == 3
    assert PROBLEM.show(raw, {"value": np.array([1.0])}) == "1.0000  after 3 steps"


@pytest.mark.parametrize(
    "given", ["", "1", "[]", "[[]]", "[[1, 2, 3]]", "[[1, 2], [3]]", '[["a", 1]]', "[[NaN, 1]]"]
)
def test_another_request_is_refused_in_one_line(given):
    with pytest.raises(UserError, match="INPUT: a JSON list of steps") as caught:
        PROBLEM.request(given)
    assert "\n" not in str(caught.value)


def test_steps_may_be_many():
    steps = np.random.default_rng(0).random((600, 2)).tolist()
    assert PROBLEM.request(json.dumps(steps))["lengths"] == 600
