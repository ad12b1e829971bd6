import pytest

from pipelines.evaluation.metrics.exact import error, evaluate


def test_answers_and_places_are_counted():
    found = evaluate(["579", "578", "1"], [["579"], ["579"], ["12"]])
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["character_accuracy"] == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    assert 0 <= found["accuracy_low"] <= 1 / 3 <= found["accuracy_high"] <= 1


@pytest.mark.parametrize(
    ("written", "right", "wrong"),
    [
        ("abc", ["abc"], 0),
        ("", ["abcd"], 1),
        ("", [""], 0),
        ("abcd", ["ab"], 0.5),
        ("bcd", ["abcd"], 1),  # by its place, not by alignment
        ("ab", ["xy", "ax"], 0.5),
    ],
)
def test_a_place_is_right_or_wrong(written, right, wrong):
    assert error(written, right) == wrong
