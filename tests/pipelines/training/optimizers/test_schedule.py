import itertools
import math

import keras
import pytest

from pipelines.training.optimizers.schedule import Schedule

STEPS, PEAK = 100, 0.5


def rate(shape, step, warmup=0.0):
    return float(Schedule(shape, PEAK, STEPS, warmup)(step))


@pytest.mark.parametrize(
    ("shape", "step", "share"),
    [
        ("constant", 0, 1.0),
        ("constant", 50, 1.0),
        ("constant", 100, 1.0),
        ("linear", 0, 1.0),
        ("linear", 25, 0.75),
        ("linear", 50, 0.5),
        ("linear", 99, 0.01),
        ("linear", 100, 0.0),
        ("linear", 1000, 0.0),
        ("cosine", 0, 1.0),
        ("cosine", 25, 0.5 + math.sqrt(2) / 4),
        ("cosine", 50, 0.5),
        ("cosine", 75, 0.5 - math.sqrt(2) / 4),
        ("cosine", 100, 0.0),
        ("cosine", 1000, 0.0),
    ],
)
def test_without_warm_up(shape, step, share):
    assert rate(shape, step) == pytest.approx(PEAK * share, abs=1e-6)


@pytest.mark.parametrize("shape", ["constant", "linear", "cosine"])
@pytest.mark.parametrize(("step", "share"), [(0, 0.05), (1, 0.1), (9, 0.5), (18, 0.95), (19, 1.0)])
def test_warm_up_is_a_line_that_never_begins_at_nothing(shape, step, share):
    assert rate(shape, step, warmup=0.2) == pytest.approx(PEAK * share, rel=1e-5)


@pytest.mark.parametrize(
    ("shape", "step", "share"),
    [
        ("constant", 60, 1.0),
        ("constant", 100, 1.0),
        ("linear", 20, 1.0),
        ("linear", 60, 0.5),
        ("linear", 100, 0.0),
        ("cosine", 20, 1.0),
        ("cosine", 60, 0.5),
        ("cosine", 100, 0.0),
    ],
)
def test_after_the_warm_up_the_rest_of_the_steps_are_the_whole(shape, step, share):
    assert rate(shape, step, warmup=0.2) == pytest.approx(PEAK * share, abs=1e-6)


@pytest.mark.parametrize("shape", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.003, 0.15, 0.99])
def test_the_rate_rises_to_the_peak_and_never_above_and_then_never_again(shape, warmup):
    rates = [rate(shape, step, warmup) for step in range(STEPS)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(PEAK, rel=1e-5)
    assert all(a <= b for a, b in itertools.pairwise(rates[: top + 1]))
    assert all(a >= b for a, b in itertools.pairwise(rates[top:]))
    assert min(rates) > 0


def test_a_schedule_is_made_again_from_its_configuration():
    first = Schedule("cosine", PEAK, STEPS, 0.1)
    again = Schedule.from_config(first.get_config())
    steps = [keras.ops.convert_to_tensor(i) for i in (0, 5, 50)]
    assert [float(first(step)) for step in steps] == [float(again(step)) for step in steps]
