"""The user's own files of lines, in pairs."""

import pytest

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.sources import load
from pipelines.runtime.errors import UserError


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return ",".join(str(folder / name) for name in files)


def read(data):
    return load(tasks.get("translate"), DataSettings(data=data), 0)


def numbered(word, first, count):
    return "".join(f"{word} {i} .\n" for i in range(first, first + count))


def test_one_pair_of_files_is_split_and_an_empty_line_keeps_its_place(tmp_path):
    files = {
        "a.de": "\ufeff" + numbered("Satz", 0, 10) + "\nnur deutsch\r\n" + numbered("Satz", 10, 10),
        "b.en": numbered("line", 0, 10) + "only English\n\n" + numbered("line", 10, 10).strip(),
    }
    examples = read(write(tmp_path, files))
    assert [examples.size(split) for split in ("train", "validation", "test")] == [14, 2, 4]
    assert examples.provenance.removed == {"empty text": 1, "empty target": 1}
    assert examples.provenance.name == "a.de, b.en"
    for columns in examples.splits.values():
        for text, target in zip(columns["text"], columns["target"], strict=True):
            assert text.replace("Satz", "line") == target


def test_several_pairs_are_splits_by_their_names(tmp_path):
    files = {
        f"{name}.{language}": numbered(word, first, count)
        for name, first, count in (
            ("my_val", 50, 3),
            ("train-all", 0, 20),
            ("test_2016_flickr", 60, 4),
        )
        for language, word in (("de", "Satz"), ("en", "line"))
    }
    examples = read(write(tmp_path, files))
    assert [examples.size(split) for split in ("train", "validation", "test")] == [20, 3, 4]
    assert examples.splits["test"]["target"][0] == "line 60 ."
    assert examples.provenance.name == "train-all.de, train-all.en"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.de": "x\ny\n", "b.en": "x\n"}, r"a.de has 2 lines and .*b.en has 1; each"),
        ({"a.de": "x\n", "b.en": "y\n", "c.fr": "z\n"}, "3 files, but files come in pairs"),
        ({"a.de": "x\n", "b.en": " \n"}, r"b.en contains no text"),
        ({"a.de": "x\n", "b.en": b"x\n\xf6\n"}, r"b.en is not UTF-8: line 2, byte 1"),
        ({"a.de": ""}, "translate cannot read .*: two files with the same number of lines"),
        (
            {"train.de": "", "train.en": "", "x.de": "", "test.en": ""},
            "the name of .*x.de does not",
        ),
        ({"train.de": "", "test.de": "", "train.en": "", "test.en": ""}, "named train and test"),
        ({"train.de": "", "train.en": "", "a.train": "", "b.train": ""}, "both named train"),
        ({"val.de": "", "val.en": "", "test.de": "", "test.en": ""}, "no pair of files is named"),
    ],
)
def test_a_mistake_is_one_line(files, said, tmp_path):
    with pytest.raises(UserError, match=said) as caught:
        read(write(tmp_path, files))
    assert "\n" not in str(caught.value)
