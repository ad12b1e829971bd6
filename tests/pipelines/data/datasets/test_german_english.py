import io
import tarfile
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.german_english import dictionary
from pipelines.data.datasets.german_english import german_english_dataset_builder as module

SIZES = {"train": 18, "validation": 1, "test": 1}
COMMENT = "# Version :: made up\n"
NUMBERS = ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn")


def lines():
    """Twenty sentences in ten entries, with headwords beside them."""
    for number, word in enumerate(NUMBERS):
        yield (
            f"Zahl {{f}} {word} | Das ist {word}.; Es ist {word}. | Wer hat {word} (davon)? :: "
            f"number {number} | That’s {number} [fam.]. | Who has {number}?; Who’s got {number}?\n"
        )


def member(name, content):
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
    return head.encode() + content + b"\n" * (len(content) % 2)


def package(path, text):
    """A Debian package as `ar` writes it, with one file."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as archive:
        file = tarfile.TarInfo(module.FILE)
        file.size = len(text.encode())
        archive.addfile(file, io.BytesIO(text.encode()))
    parts = {"debian-binary": b"2.0", "control.tar.xz": b"odd", "data.tar.xz": data.getvalue()}
    path.write_bytes(module.MAGIC + b"".join(member(*part) for part in parts.items()))
    return path


class GermanEnglishTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with sentences of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = package(Path(folder) / "package.deb", COMMENT + "".join(lines()))
        self.enter_context(mock.patch.object(module.clients, "fetch_debian", return_value=archive))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


def test_what_is_in_the_package_is_read_line_by_line(tmp_path):
    archive = package(tmp_path / "package.deb", COMMENT + "Müh’ :: trouble\n")
    assert list(module.read(archive)) == [COMMENT, "Müh’ :: trouble\n"]


def test_a_package_without_data_is_refused(tmp_path):
    file = tmp_path / "package.deb"
    file.write_bytes(module.MAGIC + member("debian-binary", b"2.0"))
    with pytest.raises(ValueError, match=r"no member data\.tar\.xz"):
        list(module.read(file))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Er geht. :: He goes.", [("Er geht.", "He goes.")]),
        ("Er geht.; Er läuft. :: He goes.; He runs.", [("Er geht.", "He goes.")]),
        ("a {m} | Er geht (heim)! :: b | He <go> goes!", [("a", "b"), ("Er geht!", "He goes!")]),
        ("Zu spät! /ZS/ :: Too late! /TL/ [coll.]", [("Zu spät!", "Too late!")]),
        ("Er’s :: He’s", [("Er's", "He's")]),
        ("eins | zwei :: one", []),
        ("# Er :: He", []),
    ],
)
def test_an_entry_is_read(line, expected):
    assert list(dictionary.pairs([line])) == expected


def test_only_whole_sentences_are_kept_each_once():
    found, removed = dictionary.sentences(
        [
            ("Er geht.", "He goes."),
            ("Er geht!", "He goes!"),
            ("Er geht.", "He walks."),
            ("gehen mit jdm.", "to go with sb."),
            ("Hilfe!", "Help!"),
            ("Er geht/läuft.", "He goes."),
            ("Er geht ... heim.", "He goes home."),
            ("Er " + 40 * "ging und " + "ging.", "He went."),
        ]
    )
    assert found == [("Er geht.", "He goes."), ("Er geht.", "He walks.")]
    assert removed == {
        "duplicate of an earlier pair": 1,
        "sentence with alternatives or an omission": 2,
        "sentence of more than 40 words": 1,
    }


def test_what_shares_a_side_over_others_is_one_group():
    pairs = [("A b.", "C d."), ("E f.", "C d!"), ("G h.", "I j."), ("e f!", "K l."), ("g h", "M")]
    numbers = dictionary.groups(pairs)
    assert numbers[0] == numbers[1] == numbers[3] != numbers[2] == numbers[4]
