import random
import subprocess
import sys
from collections import Counter

import pytest

from pipelines.data.splits import (
    CONFLICT,
    DUPLICATE,
    AtRandom,
    ByGroup,
    Folds,
    Unsplit,
    distinct,
    fingerprint,
    in_order,
    stratify,
)
from pipelines.runtime.errors import UserError

SHARES = {"test": 0.2, "validation": 0.08}


def made(count, labels=("a", "b")):
    texts = [f"text number {i}" for i in range(count)]
    return [fingerprint(t) for t in texts], [labels[i % len(labels)] for i in range(count)]


def test_texts_that_differ_in_case_and_space_only_are_one():
    assert fingerprint("  A  fine\tFilm ") == fingerprint("a FINE film")
    assert fingerprint("a fine film") != fingerprint("a fine films")
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_the_first_of_equal_texts_stays():
    fingerprints = [fingerprint(t) for t in ("one", "two", "One ", "three")]
    assert distinct(fingerprints, ["x", "x", "x", "y"]) == ([0, 1, 3], {DUPLICATE: 1})


def test_of_a_text_with_different_labels_none_stays():
    fingerprints = [fingerprint(t) for t in ("one", "two", "ONE", "one")]
    assert distinct(fingerprints, ["x", "y", "y", "x"]) == ([1], {CONFLICT: 3})


@pytest.mark.parametrize("count", [40, 97, 1000])
def test_every_split_has_the_labels_in_proportion(count):
    fingerprints, _ = made(count)
    labels = ["rare" if i % 10 == 0 else "common" for i in range(count)]
    where = Counter(zip(stratify(fingerprints, labels, SHARES), labels, strict=True))
    for label, total in Counter(labels).items():
        for split, share in SHARES.items():
            assert abs(where[split, label] - max(1, total * share)) <= 0.5
    assert sum(where.values()) == count


@pytest.mark.parametrize("count", [3, 4, 5])
@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
def test_a_label_of_three_examples_is_in_all_splits(count, share):
    fingerprints, labels = made(count, labels=("only",))
    where = stratify(fingerprints, labels, {"test": share, "validation": share})
    assert set(where) == {"train", "validation", "test"}


def test_the_assignment_does_not_depend_on_the_order_of_the_rows():
    fingerprints, labels = made(500)
    expected = dict(zip(fingerprints, stratify(fingerprints, labels, SHARES), strict=True))
    rows = list(zip(fingerprints, labels, strict=True))
    random.Random(1).shuffle(rows)
    fingerprints, labels = zip(*rows, strict=True)
    assert dict(zip(fingerprints, stratify(fingerprints, labels, SHARES), strict=True)) == expected


def test_another_seed_gives_another_split():
    fingerprints, labels = made(200)
    assert stratify(fingerprints, labels, SHARES, 0) == stratify(fingerprints, labels, SHARES, 0)
    assert stratify(fingerprints, labels, SHARES, 0) != stratify(fingerprints, labels, SHARES, 1)


def test_a_growing_file_moves_few_examples():
    fingerprints, labels = made(1100)
    before = stratify(fingerprints[:1000], labels[:1000], SHARES)
    after = stratify(fingerprints, labels, SHARES)[:1000]
    assert sum(a != b for a, b in zip(before, after, strict=True)) < 50


def test_this_assignment_is_the_one_of_released_versions():
    fingerprints, labels = made(12)
    where = stratify(fingerprints, labels, {"test": 0.2, "validation": 0.2})
    held_out = {i: split for i, split in enumerate(where) if split != "train"}
    assert held_out == {4: "validation", 5: "test", 7: "validation", 8: "test"}


def unsplit(groups=(), count=60):
    fingerprints, labels = made(count, labels=("",))
    return Unsplit(
        "mine.csv", fingerprints, labels, [groups[i % len(groups)] for i in range(count)]
    )


def splits_of_groups(split, groups, **options):
    """Split -> the groups that are in it."""
    examples = unsplit(groups)
    names = split.assign(examples, SHARES, 0, **options)
    return {
        name: {group for group, own in zip(examples.groups, names, strict=True) if own == name}
        for name in ("train", "validation", "test")
    }


def test_at_random_equal_inputs_stay_together_with_the_label_of_the_first():
    fingerprints, labels = made(30)
    names = AtRandom().assign(Unsplit("", fingerprints * 2, labels + ["b"] * 30), SHARES, 0)
    assert names[:30] == names[30:] == stratify(fingerprints, labels, SHARES, 0)


def test_a_group_is_in_one_split():
    groups = splits_of_groups(ByGroup("speaker"), [f"speaker {i}" for i in range(7)])
    assert [len(own) for own in groups.values()] == [5, 1, 1]
    assert len(set().union(*groups.values())) == 7


def test_data_without_groups_are_split_at_random():
    examples = Unsplit("", *made(60))
    assert ByGroup("speaker").assign(examples, SHARES, 0) == AtRandom().assign(examples, SHARES, 0)


def test_fewer_groups_than_splits_are_refused():
    with pytest.raises(UserError, match=r"mine.csv: 2 different values of speaker, but 3 splits"):
        splits_of_groups(ByGroup("speaker"), ["ann", "bob"])


def test_folds_are_in_the_order_of_numbers():
    subjects = ["10", "2", "1", "11"]
    folds = [splits_of_groups(Folds("subject"), subjects, fold=fold) for fold in range(4)]
    assert [own["test"] for own in folds] == [{"1"}, {"2"}, {"10"}, {"11"}]


def test_the_validation_split_of_a_fold_is_made_of_the_other_groups():
    groups = [str(i % 4) for i in range(40)]
    examples = Unsplit("mine.csv", [bytes([i]) for i in range(40)], ["a", "b"] * 20, groups)
    names = Folds("subject").assign(examples, {"test": 0.2, "validation": 0.08}, 0, fold=2)
    assert [name == "test" for name in names] == [group == "2" for group in groups]
    assert names.count("validation") == 3 and names.count("train") == 27
    assert names == Folds("subject").assign(examples, {"test": 0.2, "validation": 0.08}, 0, fold=2)


def test_one_group_makes_no_folds():
    with pytest.raises(UserError, match=r"1 different values of subject; at least two"):
        splits_of_groups(Folds("subject"), ["1"])


def test_where_the_data_bring_a_test_split_the_validation_split_is_made_of_groups():
    examples = unsplit([str(i) for i in range(10)])
    names = Folds("subject").assign(examples, {"validation": 0.2}, 0)
    held_out = {g for g, own in zip(examples.groups, names, strict=True) if own == "validation"}
    assert len(held_out) == 2 and set(names) == {"train", "validation"}
    bare = Unsplit("mine.csv", examples.fingerprints, examples.labels)
    assert set(Folds("subject").assign(bare, {"validation": 0.2}, 0)) == {"train", "validation"}


def test_a_split_declares_its_column():
    assert AtRandom().columns == ()
    (speaker,) = ByGroup("speaker", aliases=("speaker_id",)).columns
    assert (speaker.kind, speaker.optional, speaker.aliases) == ("group", True, ("speaker_id",))
    assert Folds("subject").columns[0].name == "subject"


def test_names_are_in_the_order_of_their_values_where_all_are_numbers():
    assert in_order(["10", "2", "2"]) == ["2", "10"]
    assert in_order(["10", "2", "x"]) == ["10", "2", "x"]
    assert in_order(["nan", "2"]) == ["2", "nan"]


def test_a_split_is_light_to_declare():
    code = "import sys; import pipelines.data.splits; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
