"""The generated problems: what they ask has the answer they give, and no split knows another."""

import numpy as np
import pytest

from pipelines.data.datasets.generated import adding, additions, copying, lags
from pipelines.runtime.errors import UserError

GENERATORS = (adding, copying, additions)


@pytest.fixture(scope="module")
def made():
    return {module: module.generate(16, 0) for module in GENERATORS}


def questions(rows):
    values = rows.get("text") or [value.tobytes() for value in rows["steps"]]
    return {value.rstrip(lags.SILENCE) if isinstance(value, str) else value for value in values}


@pytest.mark.parametrize("module", GENERATORS)
def test_splits_have_their_sizes_and_share_no_question(made, module):
    splits = made[module]
    assert {split: len(next(iter(rows.values()))) for split, rows in splits.items()} == module.SIZES
    asked = [questions(rows) for rows in splits.values()]
    assert sum(map(len, asked)) == len(set().union(*asked))


@pytest.mark.parametrize("module", GENERATORS)
def test_the_seed_alone_decides(made, module):
    again, other = (module.generate(16, seed)["test"] for seed in (0, 1))
    for name, values in made[module]["test"].items():
        assert all(np.array_equal(a, b) for a, b in zip(values, again[name], strict=True))
        same = all(np.array_equal(a, b) for a, b in zip(values, other[name], strict=True))
        assert same == (name == "lag")


def test_the_marked_values_add_up_and_one_is_in_each_half(made):
    rows = made[adding]["train"]
    for steps, answer in zip(rows["steps"], rows["value"], strict=True):
        (marked,) = np.nonzero(steps[:, 1])
        assert marked[0] < len(steps) // 2 <= marked[1]
        assert len(marked) == 2
        assert steps[marked, 0].sum() == pytest.approx(answer)


def test_who_does_not_look_has_an_error_of_a_sixth(made):
    values = np.array(made[adding]["train"]["value"])
    assert np.mean((values - 1) ** 2) == pytest.approx(1 / 6, abs=0.005)


def test_a_copy_is_what_was_said_before_the_silence(made):
    for rows in made[copying].values():
        for text, target in zip(rows["text"], rows["target"], strict=True):
            assert text.rstrip(">").rstrip("_") == target
            assert len(target) == 10
            assert text.endswith(">")


def test_a_sum_is_that_of_the_numbers_read_backwards(made):
    for rows in made[additions].values():
        for text, target in zip(rows["text"], rows["target"], strict=True):
            first, second = text.rstrip("_")[::-1].split("+")
            assert len(first) == len(second) == 3
            assert int(first) + int(second) == int(target)


def test_two_numbers_are_added_once_whatever_their_order(made):
    splits = made[additions].values()
    pairs = [frozenset(t.rstrip("_").split("+")) for rows in splits for t in rows["text"]]
    assert len(pairs) == len(set(pairs))


def test_lags_are_eighths_in_training_and_reach_the_double_in_the_test(made):
    assert lags.trained(16) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert lags.tested(16) == [4, 8, 16, 32]
    splits = made[adding]
    for split, wanted in (("train", lags.trained), ("validation", lags.trained)):
        assert {len(steps) for steps in splits[split]["steps"]} == set(wanted(16))
    assert {len(steps) for steps in splits["test"]["steps"]} == set(lags.tested(16))
    for module in (copying, additions):
        silences = [text.count("_") for text in made[module]["test"]["text"]]
        counts = np.unique_counts(silences)
        assert counts.values.tolist() == [4, 8, 16, 32]
        assert set(counts.counts) == {500}


def test_a_row_says_its_lag(made):
    for rows in made[adding].values():
        assert rows["lag"] == [len(steps) for steps in rows["steps"]]
    for module in (copying, additions):
        for rows in made[module].values():
            assert rows["lag"] == [text.count(lags.SILENCE) for text in rows["text"]]


def test_the_shortest_lag_leaves_both_halves_a_step():
    assert min(len(steps) for steps in adding.generate(8, 0)["train"]["steps"]) == 2


def test_a_person_writes_what_is_read():
    assert copying.question(" badcafegee___ ") == "badcafegee___>"
    assert copying.question("badcafegee_>") == "badcafegee_>"
    assert additions.question("123 + 456__") == "654+321__"


@pytest.mark.parametrize(
    ("module", "given"),
    [
        (copying, "abc"),
        (copying, "zzzzzzzzzz"),
        (copying, ""),
        (additions, "12+345"),
        (additions, "123-456"),
        (additions, ""),
    ],
)
def test_another_question_is_refused_in_one_line(module, given):
    with pytest.raises(UserError, match="INPUT") as caught:
        module.question(given)
    assert "\n" not in str(caught.value)
