"""Folders of texts that the user brings, one for each class."""

import pytest

from pipelines.data.examples import Column
from pipelines.runtime.errors import UserError
from tests.pipelines.data.sources.conftest import rows


def refused(call, *parts):
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.fixture
def folder(tmp_path):
    def make(*places):
        root = tmp_path / "corpus"
        for place in places:
            for i, row in enumerate(rows(20)):
                path = root / place / f"{i}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"\ufeff{row['text']} of {place}\n", encoding="utf-8")
        return root

    return make


def test_a_folder_of_one_folder_a_class(read, folder):
    root = folder("pos", "neg", "mixed", ".hidden")
    (root / "readme.md").write_text("not an example")
    examples = read(root)
    assert examples.labels == ("mixed", "neg", "pos")
    assert examples.provenance.name == "corpus"
    for columns in examples.splits.values():
        for text, label in zip(columns["text"], columns["label"], strict=True):
            assert text.endswith(f"of {examples.labels[label]}") and text.startswith("The")


def test_a_folder_of_splits(read, folder):
    root = folder("train/pos", "train/neg", "train/unsup", "test/pos", "test/neg")
    (root / "train/pos/notes.dat").write_text("")
    examples = read(root)
    assert examples.labels == ("neg", "pos")
    assert [examples.size(s) for s in ("train", "validation", "test")] == [36, 4, 40]
    assert examples.provenance.removed == {
        "not a .txt file in a class's folder": 1,
        "without a label": 20,
    }


def test_classes_that_are_called_like_splits_beside_others(read, folder):
    assert read(folder("test", "exam")).labels == ("exam", "test")


def test_folders_that_are_no_corpus(read, folder, tmp_path):
    (tmp_path / "corpus").mkdir()
    refused(lambda: read(tmp_path / "corpus"), "no examples", "one folder per class")
    (tmp_path / "corpus/data.csv").write_text("text,label\n")
    refused(lambda: read(tmp_path / "corpus"), "DATA=", "data.csv")
    refused(lambda: read(folder("dev/pos", "dev/neg", "test/pos")), "dev, test", "train")


def test_a_folder_has_no_columns_to_choose(read, folder):
    refused(lambda: read(folder("pos", "neg"), text="body"), "no columns", "TEXT")


def test_a_folder_holds_one_text_and_one_label(read, folder, make_task):
    task = make_task(Column("source", "text"), Column("target", "text"))
    refused(lambda: read(folder("a", "b"), task=task), "source (text), target (text)")


def test_a_file_of_another_encoding_in_a_folder(read, folder):
    root = folder("pos", "neg")
    (root / "pos/3.txt").write_bytes(b"fine\nna\xefve")
    refused(lambda: read(root), "3.txt", "line 2, byte 3 is 0xef", "iconv")
