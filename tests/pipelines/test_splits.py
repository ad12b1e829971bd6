import random
from collections import Counter

import pytest

from pipelines.splits import CONFLICT, DUPLICATE, distinct, fingerprint, rare, stratify

SHARES = {"test": 0.2, "validation": 0.08}


def made(count, labels=("a", "b")):
    texts = [f"text number {i}" for i in range(count)]
    return [fingerprint(t) for t in texts], [labels[i % len(labels)] for i in range(count)]


def test_texts_that_differ_in_case_and_space_only_are_one():
    assert fingerprint("  A  fine\tFilm ") == fingerprint("a FINE film")
    assert fingerprint("a fine film") != fingerprint("a fine films")
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_the_first_of_equal_texts_stays():
    prints = [fingerprint(t) for t in ("one", "two", "One ", "three")]
    assert distinct(prints, ["x", "x", "x", "y"]) == ([0, 1, 3], {DUPLICATE: 1})


def test_of_a_text_with_different_labels_none_stays():
    prints = [fingerprint(t) for t in ("one", "two", "ONE", "one")]
    assert distinct(prints, ["x", "y", "y", "x"]) == ([1], {CONFLICT: 3})


def test_rare_labels_are_those_that_cannot_be_in_each_part():
    assert rare(["a", "a", "a", "b", "b", "c"], 3) == {"b", "c"}
    assert rare(["a", "a", "b"], 2) == {"b"}


@pytest.mark.parametrize("count", [40, 97, 1000])
def test_every_split_has_the_labels_in_proportion(count):
    prints, _ = made(count)
    labels = ["rare" if i % 10 == 0 else "common" for i in range(count)]
    where = Counter(zip(stratify(prints, labels, SHARES), labels, strict=True))
    for label, total in Counter(labels).items():
        for split, share in SHARES.items():
            assert abs(where[split, label] - max(1, total * share)) <= 0.5
    assert sum(where.values()) == count


@pytest.mark.parametrize("count", [3, 4, 5])
@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
def test_a_label_of_three_examples_is_in_all_splits(count, share):
    prints, labels = made(count, labels=("only",))
    where = stratify(prints, labels, {"test": share, "validation": share})
    assert set(where) == {"train", "validation", "test"}


def test_the_assignment_does_not_depend_on_the_order_of_the_rows():
    prints, labels = made(500)
    expected = dict(zip(prints, stratify(prints, labels, SHARES), strict=True))
    rows = list(zip(prints, labels, strict=True))
    random.Random(1).shuffle(rows)
    prints, labels = zip(*rows, strict=True)
    assert dict(zip(prints, stratify(prints, labels, SHARES), strict=True)) == expected


def test_another_seed_gives_another_split():
    prints, labels = made(200)
    assert stratify(prints, labels, SHARES, 0) == stratify(prints, labels, SHARES, 0)
    assert stratify(prints, labels, SHARES, 0) != stratify(prints, labels, SHARES, 1)


def test_a_growing_file_moves_few_examples():
    prints, labels = made(1100)
    before = stratify(prints[:1000], labels[:1000], SHARES)
    after = stratify(prints, labels, SHARES)[:1000]
    assert sum(a != b for a, b in zip(before, after, strict=True)) < 50


def test_this_assignment_is_the_one_of_released_versions():
    prints, labels = made(12)
    where = stratify(prints, labels, {"test": 0.2, "validation": 0.2})
    held_out = {i: split for i, split in enumerate(where) if split != "train"}
    assert held_out == {4: "validation", 5: "test", 7: "validation", 8: "test"}
