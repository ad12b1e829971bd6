import numpy as np

from pipelines.evaluation.figures import error_by_lag


def test_the_headline_says_what_is_solved():
    chance = {"mean": {4: 0.16, 8: 0.17}}
    figure = error_by_lag({4: 0.0, 8: 0.1}, chance, 0.01, 4, "squared_error")
    assert figure.get_suptitle() == "Solved up to a lag of 4 steps, of those that were tested"
    (axes,) = figure.axes
    assert axes.get_ylabel() == "squared error"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["4", "8"]
    lines = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in axes.lines}
    assert lines["this model"] == [0.0, 0.1]
    assert lines["mean"] == [0.16, 0.17]


def test_nothing_solved_is_said():
    figure = error_by_lag({4: 0.2}, {}, 0.01, 0, "character_error")
    assert figure.get_suptitle().startswith("No lag is solved")
