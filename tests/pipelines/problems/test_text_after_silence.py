import numpy as np
import pytest

from pipelines.errors import UserError
from pipelines.problems.text_after_silence import TextAfterSilence

PROBLEM = TextAfterSilence(generated="additions")
COLUMNS = {
    "text": np.array(["1_", "2_", "3__", "4__"], object),
    "target": np.array(["11", "22", "33", "44"], object),
}


def written(*texts):
    return {"output": np.array([text.encode() for text in texts], object)}


def test_errors_are_told_lag_by_lag():
    found = PROBLEM.evaluate(
        written("11", "22", "34", ""), COLUMNS, (), {"chance": written("11", "11", "11", "11")}
    )
    assert found.metrics["accuracy"] == 0.5
    assert found.metrics["lag_1_character_error"] == 0
    assert found.metrics["lag_2_character_error"] == 0.75
    assert found.metrics["solved_lag"] == 1
    assert found.baselines["chance"]["lag_1_character_error"] == 0.5
    assert {"lags.png", "baselines.png"} <= found.figures.keys()
    assert "examples.md" in found.texts


def test_a_request_is_turned_into_what_is_read():
    assert PROBLEM.request("123+456_") == {"text": "654+321_"}
    with pytest.raises(UserError):
        PROBLEM.request("1+1")
