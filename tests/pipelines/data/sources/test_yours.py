import csv
from unittest import mock

import numpy as np
import pytest

from pipelines.config import DataSettings
from pipelines.data.examples import Column
from pipelines.data.sources import load, tables
from pipelines.runtime.errors import UserError
from tests.pipelines.data.sources.conftest import rows, sentence, texts


def refused(read, *parts, **settings):
    with pytest.raises(UserError) as caught:
        read(**settings)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_columns_labels_and_provenance(read, write):
    examples = read(write(rows(100)))
    assert examples.labels == ("bad", "good")
    assert {split: examples.size(split) for split in examples.splits} == {
        "train": 72,
        "validation": 8,
        "test": 20,
    }
    train = examples.splits["train"]
    assert set(train) == {"text", "label"}
    assert train["text"].dtype == object and isinstance(train["text"][0], str)
    assert train["label"].dtype == np.int64
    meant = {row["text"]: row["label"] for row in rows(100)}
    for columns in examples.splits.values():
        for text, label in zip(columns["text"], columns["label"], strict=True):
            assert examples.labels[label] == meant[text]
    assert examples.provenance.source == "yours"
    assert examples.provenance.name == "data.jsonl"
    assert examples.provenance.removed == {}
    assert len(examples.provenance.digest) == 16


def test_every_text_is_in_one_split(read, write):
    found = texts(read(write(rows(200))))
    assert sorted(found) == sorted({row["text"] for row in rows(200)})


def test_shares_are_those_of_the_settings(read, write):
    examples = read(write(rows(1000)), test_share=0.3, validation_share=0.2)
    assert [examples.size(s) for s in ("train", "validation", "test")] == [560, 140, 300]


def test_the_digest_is_that_of_the_content(read, write):
    first = read(write(rows(50))).provenance.digest
    assert read(write(rows(50), "other.jsonl")).provenance.digest == first
    changed = rows(50)
    changed[7]["text"] += "!"
    assert read(write(changed)).provenance.digest != first
    assert read(write(rows(50, ("good", "bad")))).provenance.digest != first


def test_a_csv_and_its_json_lines_are_the_same_examples(read, write, tmp_path):
    path = tmp_path / "data.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["label", "text"])
        writer.writeheader()
        writer.writerows(rows(60))
    assert read(path).provenance.digest == read(write(rows(60))).provenance.digest


@pytest.mark.parametrize(
    "labels", [(0, 1), (True, False), (1.5, 2.5), ("a", 1), tuple("abcdefghij")]
)
def test_labels_of_any_scalar_type_and_number(read, write, labels):
    examples = read(write(rows(100, labels)))
    spelt = {True: "true", False: "false"}
    names = {spelt[x] if isinstance(x, bool) else str(x) for x in labels}
    assert examples.labels == tuple(sorted(names))
    assert set(examples.splits["test"]["label"]) == set(range(len(labels)))


def test_labels_that_are_numbers_are_in_the_order_of_their_values(read, write):
    assert read(write(rows(60, (10, 2, 1)))).labels == ("1", "2", "10")


def test_columns_are_guessed_by_content(read, write):
    data = [{"id": i, "said": r["text"], "mood": r["label"]} for i, r in enumerate(rows(60))]
    assert read(write(data)).labels == ("bad", "good")


def test_columns_are_chosen(read, write):
    data = [{"text": "x", "said": r["text"], "label": 1, "mood": r["label"]} for r in rows(60)]
    assert read(write(data), text="said", label="mood").labels == ("bad", "good")


def test_a_missing_column_is_named_with_those_that_are_there(read, write):
    data = [{"text": r["text"], "when": "2020"} for r in rows(30)]
    refused(lambda: read(write(data)), "label", "text, when", "LABEL=name")


def test_a_file_without_a_header(read, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("".join(f'"{r["text"]}",{r["label"]}\n' for r in rows(40)))
    refused(lambda: read(path), "first line looks like an example", "text,label")


def test_empty_texts_and_labels_are_left_out_and_counted(read, write):
    data = rows(60)
    data[0]["text"], data[1]["text"], data[2]["label"], data[3]["label"] = "", " \n", None, "  "
    del data[4]["text"]
    examples = read(write(data))
    assert examples.provenance.removed == {"empty text": 3, "empty label": 2}
    assert len(texts(examples)) == 55


def test_labels_that_differ_in_surrounding_space_are_one(read, write):
    assert read(write(rows(40, ("good ", "good", "bad")))).labels == ("bad", "good")


def test_duplicates_and_conflicts_are_left_out_and_counted(read, write):
    data = rows(60)
    data += [{"text": f" {data[0]['text'].upper()}", "label": data[0]["label"]}] * 2
    data += [{"text": data[1]["text"], "label": "bad"}]
    examples = read(write(data))
    assert examples.provenance.removed == {
        "duplicate of an earlier text": 2,
        "same text with different labels": 2,
    }
    assert len(texts(examples)) == 59


def test_labels_that_cannot_be_in_three_splits_are_left_out_and_counted(read, write):
    data = [*rows(60), {"text": "An odd one", "label": "odd"}]
    data += [{"text": f"A pair of them, {i}", "label": "pair"} for i in range(2)]
    data += [{"text": f"A triple of them, {i}", "label": "triple"} for i in range(3)]
    examples = read(write(data))
    assert examples.labels == ("bad", "good", "triple")
    assert examples.provenance.removed == {"label with fewer than 3 examples": 3}
    for columns in examples.splits.values():
        assert 2 in columns["label"]


def test_one_class_only(read, write):
    refused(lambda: read(write(rows(40, ("good",)))), "'good' is the only class", "at least two")
    refused(
        lambda: read(write([*rows(40, ("good",)), {"text": "x", "label": "bad"}])),
        "'good' is the only class",
        "label with fewer than 3 examples: 1",
    )


def test_too_few_examples(read, write):
    refused(lambda: read(write(rows(8))), "8 usable examples", "at least 10")
    refused(lambda: read(write([{"text": "", "label": "x"}] * 20)), "0 usable", "empty text: 20")


def test_files_that_hold_nothing(read, write, tmp_path):
    refused(lambda: read(tmp_path / "none.csv"), "no such file or folder", "none.csv")
    refused(lambda: read(write([])), "empty")
    (tmp_path / "locked.csv").write_text("text,label\n")
    with mock.patch.object(tables, "_bytes", side_effect=PermissionError(13, "denied")):
        refused(lambda: read(tmp_path / "locked.csv"), "locked.csv", "cannot be read: denied")
    (tmp_path / "head.csv").write_text("text,label\n")
    refused(lambda: read(tmp_path / "head.csv"), "no rows")


def test_an_optional_number_is_there_when_every_row_has_it(read, write):
    data = [row | {"rating": i / 4} for i, row in enumerate(rows(60))]
    examples = read(write(data))
    train = examples.splits["train"]
    assert train["rating"].dtype == np.float32
    for text, rating in zip(train["text"], train["rating"], strict=True):
        assert text.endswith(f"chapter {int(rating * 4)}")


@pytest.mark.parametrize("gap", ["", None, "PG-13", "nan"])
def test_an_optional_number_with_gaps_is_unused_and_says_so(read, write, gap):
    data = [row | {"rating": 1.0} for row in rows(60)]
    data[5]["rating"] = gap
    examples = read(write(data))
    assert len(texts(examples)) == 60
    assert "rating" not in examples.splits["train"]
    reason = "rows without a number in 'rating', so that column is unused"
    assert examples.provenance.removed == {reason: 1}


def test_a_needed_number_with_gaps_costs_the_row(read, write, make_task):
    task = make_task(Column("text", "text"), Column("rating", "number"))
    data = [{"text": r["text"], "rating": i} for i, r in enumerate(rows(40))]
    data[3]["rating"] = "x"
    examples = read(write(data), task=task)
    assert examples.labels == ()
    assert examples.provenance.removed == {"empty rating": 1}


def test_a_split_column_is_honoured(read, write):
    names = ["train", "Train ", "dev", "TEST"]
    data = [row | {"split": names[i // 2 % 4]} for i, row in enumerate(rows(80))]
    examples = read(write(data))
    assert [examples.size(s) for s in ("train", "validation", "test")] == [40, 20, 20]
    expected = {r["text"] for r in data if r["split"] == "TEST"}
    assert set(texts(examples, "test")) == expected


def test_a_split_that_the_column_lacks_is_made(read, write):
    data = [row | {"split": "test" if i < 20 else "train"} for i, row in enumerate(rows(120))]
    examples = read(write(data))
    assert [examples.size(s) for s in ("train", "validation", "test")] == [90, 10, 20]


def test_a_split_column_with_other_words(read, write):
    data = [row | {"split": "trian" if i == 3 else "train"} for i, row in enumerate(rows(60))]
    refused(lambda: read(write(data)), "'split'", "'trian'")
    data = [row | {"split": "banana"} for row in rows(60)]
    assert read(write(data)).size("test") == 12
    data = [row | {"split": "test"} for row in rows(60)]
    refused(lambda: read(write(data)), "'split'", "train")


def test_given_splits_lose_what_leaks_and_what_training_lacks(read, write):
    data = [row | {"split": "train"} for row in rows(60)]
    data += [{"text": f"Held out, number {i}", "label": "good", "split": "test"} for i in range(8)]
    data += [{"text": sentence(0).lower(), "label": "bad", "split": "test"}]
    data += [{"text": "Never seen before", "label": "new", "split": "test"}]
    data += [{"text": "Held out, number 0", "label": "good", "split": "test"}]
    examples = read(write(data))
    assert examples.labels == ("bad", "good")
    assert sentence(0) not in texts(examples, "train")
    assert examples.size("test") == 10  # a duplicate within a given test stays there
    assert examples.provenance.removed == {
        "in train and also in a held-out split": 1,
        "label missing from training": 1,
    }


def test_tables_need_no_tensorflow(write):
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from tests.pipelines.data.sources.conftest import COLUMNS\n"
        "import pipelines.data.sources, pipelines.data.sources.yours\n"
        "assert not {'tensorflow', 'tensorflow_datasets', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_sources_are_settled_by_the_path(write, make_task):
    settings = DataSettings(data=str(write(rows(40))))
    assert load(make_task(), settings).provenance.source == "yours"


def test_a_file_of_no_known_format_lists_the_known_ones(read, tmp_path):
    (tmp_path / "t.xlsx").write_text("a")
    refused(lambda: read(tmp_path / "t.xlsx"), "anything cannot read", ".csv", ".jsonl", "folder")
