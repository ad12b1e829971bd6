import pytest

from pipelines.evaluation.metrics.pronunciation import error, evaluate


def test_any_of_the_right_pronunciations_counts():
    written = ["R IY D", "L EH D", "K AE T"]
    right = [["R EH D", "R IY D"], ["L IY D"], ["K AE T"]]
    found = evaluate(written, right)
    assert found["word_error_rate"] == pytest.approx(1 / 3)
    assert found["phone_error_rate"] == pytest.approx(1 / 9)


def test_the_nearest_pronunciation_is_the_one_compared_with():
    assert error("K AE T S", ["K AE T", "D AO G"]) == pytest.approx(1 / 3)
    assert error("", ["K AE T"]) == 1.0
    assert evaluate([""], [["K AE T"]]) == {"word_error_rate": 1.0, "phone_error_rate": 1.0}
