import numpy as np

from pipelines.evaluation.markdown import width
from pipelines.outputs.reports.mistakes import LONGEST, mistakes

NAMES = ("negative", "positive")


def scores(*positive):
    second = np.array(positive)
    return np.stack([1 - second, second], axis=1)


def rows(text, heading):
    part = text.split(f"## {heading}\n\n")[1].split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in part.splitlines()[2:]
    ]


def test_the_most_confident_come_first_and_no_more_than_asked_for():
    texts = ["a", "b", "c", "d", "e"]
    text = mistakes(texts, scores(0.6, 0.9, 0.99, 0.2, 0.7), np.zeros(5, dtype=np.int64), NAMES, 2)
    assert "4 of 5 (80.0 %) are wrong." in text
    assert rows(text, "The most confident mistakes") == [
        ["99.0 %", "positive", "negative", "c"],
        ["90.0 %", "positive", "negative", "b"],
    ]
    assert rows(text, "The most confident right answers") == [
        ["80.0 %", "negative", "negative", "d"]
    ]


def test_columns_are_aligned_also_with_wide_characters():
    text = mistakes(["x", "y"], scores(0.9, 1.0), np.array([0, 0]), ("不好", "positive"))
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({width(line.rsplit("|", 2)[0]) for line in table}) == 1


def test_nothing_wrong_and_nothing_right_leave_their_tables_out():
    right = mistakes(["a"], scores(0.9), np.array([1]), NAMES)
    assert "0 of 1 (0.0 %) are wrong." in right
    assert "The most confident mistakes" not in right
    wrong = mistakes(["a"], scores(0.9), np.array([0]), NAMES)
    assert "right answers" not in wrong


def test_text_cannot_break_the_table():
    text = mistakes(["a | b\n\nc <br /> \x1b[31m d"], scores(0.9), np.array([0]), NAMES)
    assert "| a \\| b c \\<br /> [31m d |" in text


def test_long_inputs_are_shortened():
    text = mistakes(["word " * 100], scores(0.9), np.array([0]), NAMES)
    (row,) = rows(text, "The most confident mistakes")
    assert row[-1].endswith("word …") and len(row[-1]) <= LONGEST
