import numpy as np
import pytest
from matplotlib.text import Text

from pipelines.evaluation import figures
from pipelines.evaluation.figures.steps import stretches


def said(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def test_equal_steps_are_one_symbol_and_a_blank_divides_them():
    names = ["", "3", "3", "", "3", "1", "1", ""]
    assert stretches(names) == [("3", 1, 2), ("3", 4, 4), ("1", 5, 6)]
    assert stretches(["", ""]) == []


def test_steps_name_what_they_spell():
    names = ["", "up", "up", "", "down"]
    right = (names, np.full(5, 0.9), "up down")
    wrong = (names, np.full(5, 0.9), "up left")
    texts = said(figures.spelled_steps([right, wrong]))
    assert "✓ up down" in texts
    assert "✗ written up down, said up left" in texts
    assert texts.count("up") == texts.count("down") == 2


@pytest.mark.parametrize("names", [["3", "1"], []])
def test_attention_has_a_row_for_each_symbol(names):
    weights = np.eye(len(names), 6)
    figure = figures.attended_steps([(names, weights, "3 1")])
    assert ("✓ 3 1" if names else "✗ written (nothing), said 3 1") in said(figure)
    assert len(figure.axes[0].get_images()) == bool(names)
