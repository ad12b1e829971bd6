import numpy as np
import pytest

from pipelines.evaluation.baselines import kneser_ney
from pipelines.evaluation.baselines.kneser_ney import KneserNey


def test_probabilities_are_those_of_a_sum_by_hand():
    """0 1 0 0 after a beginning S, with the discounts 0.5, 1 and 1.5 of little data.

    Before 0 there are S, 1 and 0, before 1 there is 0: P(0) = (3 - 1.5)/4 + 2/4 * 1/2 = 0.625 and
    P(1) = 0.375. After 0 there are 0 and 1, once each: P(1|0) = 0.5/2 + 1/2 * 0.375. After S and
    after 1 there is 0 alone: 0.5/1 + 0.5 * 0.625.
    """
    model = KneserNey([np.array([0, 1, 0, 0])], 2, 2)
    (found,) = model.probabilities([np.array([0, 1, 0, 0])])
    np.testing.assert_allclose(found, [0.8125, 0.4375, 0.8125, 0.5625])


def test_one_symbol_alone_is_counted_as_it_occurs():
    model = KneserNey([np.array([0, 0, 0, 1])], 3, 1)
    (found,) = model.probabilities([np.array([0, 1, 2])])
    np.testing.assert_allclose(found, [1.5 / 4 + 2 / 12, 0.5 / 4 + 2 / 12, 2 / 12])


def test_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([0, 1, 2, 3, 4, 9], [5, 10, 4, 2, 1, 3])
    ratio = 10 / 18
    expected = [0, 1 - 2 * ratio * 4 / 10, 2 - 3 * ratio * 2 / 4, 3 - 4 * ratio * 1 / 2]
    np.testing.assert_allclose(kneser_ney._discounts(counts), expected)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [30, 20_000])
def test_probabilities_after_any_past_sum_to_one(order, size):
    random = np.random.default_rng(order)
    text = np.minimum(random.geometric(0.3, size) - 1, 6)
    model = KneserNey([text[: size // 2], text[size // 2 :]], 8, order)
    for past in ([], [0], [5, 0], [7, 7, 7], [1, 0, 1, 2], [0, 0, 0, 0, 3]):
        asked = [np.array([*past, symbol]) for symbol in range(8)]
        total = sum(found[-1] for found in model.probabilities(asked))
        assert total == pytest.approx(1, abs=1e-9)


def test_a_longer_past_helps_where_it_decides():
    period = np.tile([0, 1, 0, 2], 500)
    sure = KneserNey([period], 3, 3).probabilities([period])[0]
    unsure = KneserNey([period], 3, 2).probabilities([period])[0]
    assert sure[50:].min() > 0.95
    assert unsure[51::2].max() < 0.6
