import csv

import numpy as np
import pytest

from pipelines import tasks
from pipelines.data.waves import wav
from pipelines.runtime.errors import UserError


@pytest.fixture
def speech():
    return tasks.get("speech")


def content(i, rate=8000, channels=1):
    return wav(np.full(50 * channels + i, i, np.int16), rate)


def folder(path, rows, names=("file", "text"), manifest="manifest.csv"):
    """Writes recordings and a manifest of them; returns the folder."""
    path.mkdir(exist_ok=True)
    for i, row in enumerate(rows):
        (path / row[0]).write_bytes(content(i))
    with (path / manifest).open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


def digits(count):
    return [(f"{i}.wav", f"{i % 10} {i // 10}") for i in range(count)]


def refused(read, path, task, *parts):
    with pytest.raises(UserError) as caught:
        read(path, task)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def test_recordings_are_bytes_beside_their_text(read, speech, tmp_path):
    examples = read(folder(tmp_path / "mine", digits(40)), speech)
    assert {s: examples.size(s) for s in examples.splits} == {
        "train": 29,
        "validation": 3,
        "test": 8,
    }
    assert examples.provenance.name == "mine"
    meant = {content(i): text for i, (_, text) in enumerate(digits(40))}
    for columns in examples.splits.values():
        assert set(columns) == {"audio", "target"}
        for audio, text in zip(columns["audio"], columns["target"], strict=True):
            assert meant[audio] == text


def test_the_manifest_itself_can_be_named_and_others_names_of_columns(read, speech, tmp_path):
    path = folder(tmp_path / "a", digits(40), ("audio_filepath", "transcript"))
    assert read(path / "manifest.csv", speech).provenance.digest == (
        read(folder(tmp_path / "b", digits(40)), speech).provenance.digest
    )


def test_a_speaker_is_in_one_split(read, speech, tmp_path):
    rows = [(*row, f"speaker {i % 7}") for i, row in enumerate(digits(70))]
    examples = read(folder(tmp_path / "mine", rows, ("file", "text", "speaker")), speech)
    heard = [set(examples.splits[s]["speaker"]) for s in ("train", "validation", "test")]
    assert [len(each) for each in heard] == [5, 1, 1]
    assert len(set.union(*heard)) == 7


def test_two_speakers_cannot_be_in_three_splits(read, speech, tmp_path):
    rows = [(*row, f"speaker {i % 2}") for i, row in enumerate(digits(40))]
    path = folder(tmp_path / "mine", rows, ("file", "text", "speaker"))
    refused(read, path, speech, "2 different values of speaker", "3 splits", "column split")


def test_splits_of_the_manifest_are_kept(read, speech, tmp_path):
    names = ["train", "dev", "test", "train"]
    rows = [(*row, names[i % 4], "anna") for i, row in enumerate(digits(40))]
    path = folder(tmp_path / "mine", rows, ("file", "text", "split", "speaker"))
    examples = read(path, speech)
    assert [examples.size(s) for s in ("train", "validation", "test")] == [20, 10, 10]
    assert set(examples.splits["test"]["speaker"]) == {"anna"}


def test_rows_without_a_recording_or_a_text_are_left_out_and_counted(read, speech, tmp_path):
    path = folder(tmp_path / "mine", digits(40))
    with (path / "manifest.csv").open("a") as file:
        file.write(",3 1 4\n0.wav,\n")
    removed = read(path, speech).provenance.removed
    assert removed == {"empty audio": 1, "empty target": 1}


def test_folders_that_are_none_of_ours(read, speech, tmp_path):
    path = tmp_path / "mine"
    path.mkdir()
    (path / "1.wav").write_bytes(content(1))
    refused(read, path, speech, "no manifest", "columns file", "text", "split", "speaker")
    (path / "manifest.csv").write_text("name,text\n1.wav,3 1 4\n")
    refused(read, path, speech, "columns file", "text")
    (path / "manifest.csv").write_text("file,digits\n1.wav,314\n")
    refused(read, path, speech, "target", "TARGET=name", "digits")
    (path / "manifest.tsv").write_text("file\ttext\n")
    refused(read, path, speech, "manifest.csv, manifest.tsv")
    refused(read, path / "1.wav", speech, "folder of WAV files")


@pytest.mark.parametrize(
    ("broken", "parts"),
    [
        (b"not a recording", ("3.wav", "not a WAV file", "ffmpeg")),
        (content(3)[:-10], ("3.wav", "truncated")),
        (content(3, rate=16000), ("different sample rates", "16000", "8000", "3.wav", "ffmpeg")),
        (None, ("'3.wav'", "manifest.csv", "not in")),
    ],
)
def test_recordings_that_cannot_be_used(read, speech, tmp_path, broken, parts):
    path = folder(tmp_path / "mine", digits(40))
    (path / "3.wav").unlink()
    if broken is not None:
        (path / "3.wav").write_bytes(broken)
    refused(read, path, speech, *parts)
