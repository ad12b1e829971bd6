import pytest

from pipelines.evaluation.metrics.summary import error, evaluate, notes


def test_rouge_by_hand():
    # 3 of the 4 words of each are in the other; 1 of 3 pairs; in one order 3.
    found = evaluate(["the dull cat sat"], [["the cat sat down"]])
    assert found == {
        "rouge1": pytest.approx(3 / 4),
        "rouge2": pytest.approx(1 / 3),
        "rougeL": pytest.approx(3 / 4),
    }


def test_case_endings_and_punctuation_do_not_count_and_order_does():
    assert evaluate(["Cats, sitting!"], [["cat sits"]])["rougeL"] == 1
    found = evaluate(["sat cat"], [["cat sat"]])
    assert (found["rouge1"], found["rouge2"], found["rougeL"]) == (1, 0, pytest.approx(1 / 2))


def test_the_best_of_several_right_ones_counts_and_texts_count_alike():
    found = evaluate(["a river", ""], [["a stone", "a river"], ["a gate"]])
    assert found == {"rouge1": 0.5, "rouge2": 0.5, "rougeL": 0.5}


def test_an_error_ranks_summaries():
    assert error("a river", ["a river"]) == 0
    assert error("a river", ["the gate"]) == 1
    assert "Porter" in notes()
