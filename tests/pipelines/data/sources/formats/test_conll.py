"""The user's own CoNLL files."""

import pytest

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.sources import load
from pipelines.runtime.errors import UserError

NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jan")


def sentences(first, count):
    return "".join(
        f"{NAMES[i % 10]} x B-PER\nmet x O\n{NAMES[i // 10]} x B-PER\n. x O\n\n"
        for i in range(first, first + count)
    )


def read(path):
    return load(tasks.get("ner"), DataSettings(data=str(path)), 0)


def test_one_file_is_split(tmp_path):
    file = tmp_path / "names.conll"
    file.write_text(sentences(0, 50) + sentences(0, 3))
    examples = read(file)
    assert [examples.size(split) for split in examples.splits] == [36, 4, 10]
    assert examples.provenance.removed == {"duplicate of an earlier text": 3}
    row = {name: values[0] for name, values in examples.splits["train"].items()}
    assert row == {"text": "Ann\nmet\nAnn\n.\n", "target": "B-PER O B-PER O"}


@pytest.mark.parametrize(
    "names", [("train.txt", "valid.txt", "test.txt"), ("eng.train", "eng.testa", "eng.testb")]
)
@pytest.mark.parametrize("listed", [False, True])
def test_files_are_splits_by_their_names(names, listed, tmp_path):
    for place, name in enumerate(names):
        (tmp_path / name).write_text(sentences(20 * place, 20 - place))
    (tmp_path / "README").write_text("not a sentence")
    files = ",".join(str(tmp_path / name) for name in names)
    examples = read(files if listed else tmp_path)
    assert [examples.size(split) for split in ("train", "validation", "test")] == [20, 19, 18]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.txt": "Ann B-PER\nLee\n"}, "a.txt line 2: 'Lee' has no tag"),
        ({"a.txt": "Ann PER\n"}, "a.txt line 1: 'PER' is not a valid tag of 'Ann'"),
        ({"a.txt": "\n\n"}, "a.txt contains no sentences"),
        ({"a.txt": "J\xf6rg B-PER\n".encode("latin-1")}, "not UTF-8: line 1, byte 2"),
        ({"a.csv": "text,label\n"}, "ner cannot read .*: a CoNLL file"),
        ({"test.txt": "Ann B-PER\n", "x": ""}, "has no file named train"),
        ({"train.a": "", "train.b": ""}, "are both named train"),
    ],
)
def test_a_mistake_is_one_line(files, said, tmp_path):
    for name, content in files.items():
        content = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said):
        read(tmp_path if len(files) > 1 else tmp_path / name)


def test_listed_files_must_say_what_they_are(tmp_path):
    for name in ("train.txt", "other.txt"):
        (tmp_path / name).write_text(sentences(0, 3))
    with pytest.raises(UserError, match="does not contain a split"):
        read(f"{tmp_path / 'train.txt'},{tmp_path / 'other.txt'}")
