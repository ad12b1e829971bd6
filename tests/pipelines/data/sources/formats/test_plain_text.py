import dataclasses

import pytest

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data import sources
from pipelines.runtime.errors import UserError
from tests.pipelines.tasks.made_up_plays import play

TASK = tasks.get("shakespeare")


def load(data, **settings):
    return sources.load(TASK, DataSettings(data=str(data), **({"passage": 100} | settings)))


def whole(examples, split):
    return "".join(examples.splits[split]["text"])


@pytest.fixture
def plays(tmp_path):
    folder = tmp_path / "plays"
    folder.mkdir()
    for number in range(8):
        (folder / f"play {number}.txt").write_text(play(number), encoding="utf-8")
    return folder


def test_one_file_is_divided_into_contiguous_parts(tmp_path):
    file = tmp_path / "all.txt"
    file.write_bytes(b"\xef\xbb\xbf" + play(0, 200).replace("\n", "\r\n").encode())
    examples = load(file)
    parts = [whole(examples, split) for split in ("train", "test", "validation")]
    assert "".join(parts) == play(0, 200)
    assert examples.provenance.name == "all.txt"
    assert max(map(len, examples.splits["train"]["text"])) < 100


def test_files_are_not_torn_apart_where_there_are_enough(plays):
    examples = load(plays)
    texts = {play(number) for number in range(8)}
    for split in ("train", "validation", "test"):
        found = whole(examples, split)
        inside = [text for text in texts if text in found]
        assert sum(map(len, inside)) == len(found)
        texts -= set(inside)
    assert not texts


def test_several_files_may_be_named(plays):
    files = ",".join(str(plays / f"play {number}.txt") for number in (0, 1))
    examples = load(files)
    assert examples.provenance.name == "play 0.txt and 1 more"
    assert whole(examples, "train").startswith(play(0)[:500])


@pytest.mark.parametrize("layout", ["{}.txt", "{}/one.txt"])
def test_names_of_splits_are_honoured(tmp_path, layout):
    texts = {"train": play(1), "valid": play(2), "test": play(3)}
    for name, text in texts.items():
        file = tmp_path / layout.format(name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    examples = load(tmp_path)
    assert [whole(examples, s) for s in ("train", "validation", "test")] == list(texts.values())


def test_the_same_text_is_not_in_two_splits(plays):
    (plays / "copy.txt").write_text(play(0).upper(), encoding="utf-8")
    assert sum(load(plays).provenance.removed.values()) == 1


@pytest.mark.parametrize(
    ("make", "settings", "said"),
    [
        (lambda f: (f / "a.txt").write_bytes(b"good\nb\xe4d\n"), {}, "line 2"),
        (lambda f: (f / "a.md").write_text("text"), {}, "contains no .txt file"),
        (lambda f: (f / "a.txt").write_text("short\n"), {}, "usable examples"),
        (lambda f: (f / "a.txt").write_text(play(0)), {"text": "body"}, "leave out TEXT"),
    ],
    ids=["bytes", "empty", "short", "columns"],
)
def test_mistakes_are_named(tmp_path, make, settings, said):
    make(tmp_path)
    with pytest.raises(UserError, match=said) as caught:
        load(tmp_path, **settings)
    assert "\n" not in str(caught.value)


def test_another_format_is_refused(tmp_path):
    file = tmp_path / "all.pdf"
    file.write_bytes(b"%PDF")
    with pytest.raises(UserError, match=r"\.txt files .*; a table"):
        load(file)


def test_a_table_of_documents_is_cut_too(tmp_path):
    file = tmp_path / "plays.jsonl"
    import json

    rows = [json.dumps({"text": play(number)}) for number in range(6)]
    file.write_text("\n".join(rows), encoding="utf-8")
    examples = load(file)
    assert sum(map(examples.size, examples.splits)) > 60


def test_the_passage_does_not_change_what_is_held_out(plays):
    short, long = load(plays), load(plays, passage=1000)
    for split in ("train", "validation", "test"):
        assert whole(short, split) == whole(long, split)
    assert short.size("train") > long.size("train")
    assert dataclasses.asdict(short.provenance)["removed"] == {}
