from pipelines.evaluation.markdown import shorten, table, width


def test_long_texts_are_cut_between_words():
    cut = shorten("word " * 100, 160)
    assert len(cut) <= 160
    assert cut.endswith("word …")
    assert len(shorten("x" * 500, 160)) == 160
    assert shorten("x" * 160, 160) == "x" * 160


def test_a_text_comes_on_one_line_without_control_characters():
    assert shorten("a\n\n b\t\x1b[31mc", 99) == "a b [31mc"


def test_width_is_what_a_terminal_shows():
    assert [width(text) for text in ("abc", "不好", "🙂", "e\u0301")] == [3, 4, 2, 1]


def test_a_table_is_aligned_and_cannot_be_broken_by_its_cells():
    head, rule, first, second = table(
        ("n", "name", "text"), [("1", "a|b", "x"), ("20", "不", "<b>")]
    ).splitlines()
    assert head == "|  n | name | text |"
    assert rule == "| -: | ---- | ---- |"
    assert first == "|  1 | a\\|b | x |"
    assert second == "| 20 | 不   | \\<b> |"
