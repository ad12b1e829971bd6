import math

import pytest

from pipelines.evaluation.metric import Directions, Metric, UndeclaredMetric

DIRECTIONS = Directions(
    Metric("rmse", "smaller"),
    Metric("accuracy", "larger"),
    Metric("lag_*_error", "smaller"),
    Metric("lag_*", "larger"),
)


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("rmse", "smaller"),
        ("accuracy", "larger"),
        ("loss", "smaller"),
        ("val_loss", "smaller"),
        ("val_accuracy", "larger"),
        ("teacher_forced_accuracy", "larger"),
        ("val_teacher_forced_accuracy", "larger"),
        ("exposure_bias_gap_accuracy", "smaller"),
        ("exposure_bias_gap_rmse", "smaller"),
        ("val_exposure_bias_gap_accuracy", "smaller"),
        ("lag_50_error", "smaller"),
        ("val_lag_50_error", "smaller"),
        ("lag_50", "larger"),
    ],
)
def test_the_direction_is_the_declared_one_whatever_the_prefix(name, better):
    assert DIRECTIONS.metric(name) == Metric(name, better)
    assert DIRECTIONS.better(name, 1.0, 2.0) == (better == "smaller")
    assert DIRECTIONS.better(name, 2.0, 1.0) == (better == "larger")


@pytest.mark.parametrize("name", ["accuracy", "loss"])
def test_equal_is_not_better_unless_asked(name):
    assert not DIRECTIONS.better(name, 1.0, 1.0)
    assert DIRECTIONS.better(name, 1.0, 1.0, or_equal=True)


@pytest.mark.parametrize("name", ["accuracy", "loss"])
def test_nan_is_never_better_and_nothing_is_better_than_nan(name):
    for value, other in ((math.nan, 1.0), (1.0, math.nan), (math.nan, math.nan)):
        assert not DIRECTIONS.better(name, value, other, or_equal=True)


@pytest.mark.parametrize("name", ["f1", "val_f1", "exposure_bias_gap_f1", "Loss"])
def test_an_undeclared_metric_is_refused_by_name_beside_the_declared_ones(name):
    with pytest.raises(UndeclaredMetric) as refused:
        DIRECTIONS.metric(name)
    assert isinstance(refused.value, KeyError)
    assert str(refused.value) == (
        f"metric '{name}' is not declared; declared are rmse, accuracy, lag_*_error, lag_*, loss."
    )


@pytest.mark.parametrize("bound", ["_low", "_high"])
def test_the_ends_of_an_interval_have_the_direction_of_the_metric(bound):
    assert not DIRECTIONS.metric(f"accuracy{bound}").smaller_is_better
    assert DIRECTIONS.metric(f"val_rmse{bound}").smaller_is_better
