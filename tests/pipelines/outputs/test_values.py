"""One number: targets, answers and errors by lag."""

import numpy as np
import pytest
import tensorflow as tf

from models.export.preprocessing import Encoded
from pipelines.inputs.steps import Steps
from pipelines.outputs.base import Reference
from pipelines.outputs.fitted.values import FittedValue
from pipelines.outputs.values import Value

COLUMNS = {
    "lag": np.array([4, 4, 8, 8]),
    "value": np.array([1.0, 0.5, 1.0, 1.5], np.float32),
}


def test_targets_are_one_number_each():
    targets, weights = FittedValue().targets({"value": np.array([0.5, 1.5], np.float32)}, {})
    assert targets.tolist() == [[0.5], [1.5]]
    assert weights.tolist() == [1, 1]


def test_an_answer_is_one_number():
    found = FittedValue().decode({"values": tf.constant([[0.5], [1.5]])}, Encoded({}))
    assert found["value"].numpy().tolist() == [0.5, 1.5]


def test_a_number_is_neither_rated_nor_a_sequence():
    assert not FittedValue().network.rates
    assert FittedValue().measure(COLUMNS) is None


def evaluated(values, lags=True):
    answers = {"value": np.array(values, np.float32)}
    chance = {"mean": {"value": np.ones(4, np.float32)}}
    output = Value(tolerance=0.08, lags=lags)
    return output.evaluate(answers, Reference(COLUMNS, (), Steps(width=2)), chance)


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


def test_without_lags_there_are_errors_in_all_alone():
    found = evaluated([1.0, 0.5, 1.0, 1.5], lags=False)
    assert found.metrics.keys() == {"squared_error", "absolute_error", "accuracy"}
    assert not found.figures


def test_the_lag_is_a_column_where_there_are_lags():
    assert [each.name for each in Value(0.1, lags=True).columns] == ["value", "lag"]
    assert [each.name for each in Value(0.1).columns] == ["value"]


def test_an_answer_is_shown_with_the_length_of_the_input():
    raw = {"steps": np.zeros((3, 2)), "lengths": 3}
    assert Value(0.08).show(raw, {"value": np.array([1.0])}) == "1.0000  after 3 steps"
