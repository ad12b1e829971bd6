import itertools

import pytest

from pipelines.sources.passages import cut, divide, divided, in_passages

TEXT = "".join(f"Line {number} of it.\n" for number in range(200))


@pytest.mark.parametrize("steps", [10, 40, 100, 10_000])
def test_nothing_is_lost_and_no_passage_is_too_long(steps):
    passages = cut(TEXT, steps)
    assert "".join(passages) == TEXT
    assert max(map(len, passages)) < max(steps, 2)


def test_a_passage_ends_with_a_line_and_is_as_long_as_it_can_be():
    passages = cut(TEXT, 100)
    assert all(passage.endswith("\n") for passage in passages)
    for passage, following in itertools.pairwise(passages):
        assert len(passage) + len(following.split("\n")[0]) + 1 >= 100


def test_a_line_that_is_too_long_is_cut_within():
    assert cut("abcdefgh\nij", 5) == ["abcd", "efgh", "\nij"]


def test_a_document_is_divided_where_lines_end():
    parts = divide(TEXT, {"test": 0.2, "validation": 0.08})
    assert parts["train"] + parts["test"] + parts["validation"] == TEXT
    assert all(part.endswith("\n") for part in parts.values())
    assert len(parts["test"]) == pytest.approx(0.2 * len(TEXT), abs=20)


def test_of_a_short_document_something_is_empty():
    assert "" in divide("a", {"test": 0.2, "validation": 0.1}).values()


def test_other_columns_are_repeated():
    rows = {"text": [TEXT, "short\n"], "title": ["A", "B"]}
    found = in_passages(rows, "text", 1000)
    assert len(found["text"]) == len(found["title"])
    assert found["title"] == ["A"] * (len(found["title"]) - 1) + ["B"]
    parts = divided(rows, "text", {"test": 0.5})
    assert parts["test"]["title"] == ["A", "B"]
    assert parts["train"]["text"][0] + parts["test"]["text"][0] == TEXT
