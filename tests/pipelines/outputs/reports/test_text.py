"""What an evaluation of written texts shows."""

import numpy as np
import pytest

from pipelines.inputs.tokens import Questions, Tokens
from pipelines.outputs.base import Reference
from pipelines.outputs.reports.text import report
from pipelines.outputs.text import Text
from tests.given import column


def reference():
    text, target = column("read", "cat", "read"), column("R EH D", "K AE T", "R IY D")
    return Reference({"text": text, "target": target}, (), Tokens())


def texts(*written):
    return column(*(text.encode() for text in written))


def test_an_input_with_two_right_answers_counts_once():
    answers = {"output": texts("R IY D", "K AO T", "R IY D")}
    metrics = report("pronunciation", answers, reference(), {}).metrics
    assert metrics["word_error_rate"] == pytest.approx(1 / 2)


def test_the_gap_is_what_reading_its_own_tokens_costs():
    answers = {
        "output": texts("R IY D", "K", "R IY D"),
        "score_output": texts("R IY D", "K AE T", "R IY D"),
        "score_loss": np.array([0.5, 1.0, 0.5]),
        "score_size": np.array([4.0, 4.0, 4.0]),
    }
    evaluation = report("pronunciation", answers, reference(), {"none": {"output": texts(*"abc")}})
    metrics = evaluation.metrics
    assert metrics["teacher_forced_word_error_rate"] == 0
    assert metrics["exposure_bias_gap_word_error_rate"] == pytest.approx(1 / 2)
    assert metrics["token_perplexity"] == pytest.approx(np.exp(2 / 3))
    assert evaluation.baselines["none"]["word_error_rate"] == 1
    assert "read:    cat" in evaluation.texts["examples.md"]


def test_where_the_decoder_attends_an_alignment_is_drawn():
    answers = {
        "output": texts("R", "K", "R"),
        "output_tokens": np.array([[b"R"], [b"K"], [b"R"]], object),
        "tokens": np.array([[b"r", b"d"], [b"c", b""], [b"r", b"d"]], object),
        "attention": np.full((3, 1, 2), 0.5),
    }
    assert set(report("pronunciation", answers, reference(), {}).figures) == {"attention.png"}


MEMORY = {
    "text": column("1_", "2_", "3__", "4__"),
    "target": column("11", "22", "33", "44"),
    "lag": np.array([1, 1, 2, 2]),
}


def test_errors_are_told_lag_by_lag():
    chance = {"chance": {"output": texts("11", "11", "11", "11")}}
    answers = {"output": texts("11", "22", "34", "")}
    given = Reference(MEMORY, (), Questions(generator="additions"))
    found = Text("exact", lags=True).evaluate(answers, given, chance)
    assert found.metrics["accuracy"] == 0.5
    assert found.metrics["lag_1_character_error"] == 0
    assert found.metrics["lag_2_character_error"] == 0.75
    assert found.metrics["solved_lag"] == 1
    assert found.baselines["chance"]["lag_1_character_error"] == 0.5
    assert {"lags.png", "baselines.png"} <= found.figures.keys()
    assert "examples.md" in found.texts
    assert "solved_lag" not in Text("exact").evaluate(answers, given, chance).metrics
