import io
import tarfile
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.spam_assassin import spam_assassin_dataset_builder as module
from pipelines.data.datasets.spam_assassin.mail import read_mail

WORDS = ("river", "stone", "cloud", "ember", "willow", "lantern", "oar", "meadow", "lyre", "gate")
SIZES = {"train": 14, "validation": 2, "test": 4}
REMOVED = {
    "neither subject nor body": 1,
    "duplicate of an earlier text": 2,
    "same text with different labels": 2,
}


def mail(subject, body):
    return f"From: a@example.org\nSubject: {subject}\n\n{body}\n".encode()


def mails():
    """Name within the archive -> content: twenty to keep, and some to leave out."""
    found = {f"easy-ham-1/{i:05}": mail(f"Re: {w}", f"The {w}.") for i, w in enumerate(WORDS)}
    found |= {f"spam-2/{i:05}": mail(f"BUY {w}", f"Buy a {w}!") for i, w in enumerate(WORDS)}
    found["hard-ham-1/00001"] = mail("again", "The  RIVER.")
    found["spam-1/00001"] = mail("7 days only", "Buy a gate! http://example.org/?to=77 (77)")
    found["easy-ham-2/00002"] = found["spam-1/00002"] = mail("both", "It is neither or both.")
    found["spam-1/00003"] = b"From: a@example.org\n\n"
    return found


def build(path):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {**mails(), "cmds": b"x", "spam-1/cmds": b"x"}.items():
            for ending in (".0a1b.txt", ".0a1b.json"):
                member = tarfile.TarInfo(f"package/data/{name}{ending}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


class SpamAssassinTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with mails of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = Path(folder) / "package.tgz"
        build(archive)
        self.enter_context(mock.patch.object(module.clients, "fetch_npm", return_value=archive))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


def test_bodies_are_kept_once_whatever_their_subjects_addresses_and_numbers(tmp_path):
    build(tmp_path / "package.tgz")
    rows, removed = module.clean(list(module.read(tmp_path / "package.tgz")))
    assert removed == REMOVED
    assert [row["label"] for row in rows] == ["ham"] * 10 + ["spam"] * 10
    assert rows[0] == {
        "id": "easy-ham-1-00000",
        "text": "Re: river\nThe river.",
        "subject": "Re: river",
        "body": "The river.",
        "label": "ham",
        "group": "easy-ham-1",
    }


def test_another_archive_is_a_fault(tmp_path):
    with tarfile.open(tmp_path / "other.tgz", "w:gz"):
        pass
    with pytest.raises(ValueError, match="has no mails"):
        list(module.read(tmp_path / "other.tgz"))


HTML = b"""<html><head><title>Ours</title><style>p {}</style></head><body>
<p>Dear&nbsp;friend,<br>see <a href="http://example.org/a?b">this</a> <img src="x.png"></p>
<script>document.write("no")</script><table><tr><td>one<td>two</table></body></html>"""
SHOWN = "Ours\nDear friend,\nsee <http://example.org/a?b> this [image]\none\ntwo"


@pytest.mark.parametrize("kind", [b"text/html", b"text/plain"])
def test_html_is_read_as_what_it_shows(kind):
    content = b"Subject: Hi\nContent-Type: " + kind + b"\n\n" + HTML
    assert read_mail(content) == ("Hi", SHOWN)


def test_of_several_forms_the_plain_one_is_read_and_files_are_not():
    parts = [
        b"Content-Type: text/plain\n\nplain\n",
        b"Content-Type: text/html\n\n<p>rich</p>\n",
        b"Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment;"
        b" filename=a.txt\n\nattached\n",
    ]
    body = b"".join(b"--cut\n" + part for part in parts) + b"--cut--\n"
    content = b"Content-Type: multipart/mixed; boundary=cut\n\n" + body
    assert read_mail(content) == ("", "plain")
    empty = content.replace(b"plain\n\nplain", b"plain\n\n ")
    assert read_mail(empty) == ("", "rich")


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        (b"text/plain; charset=latin-1", b"gr\xfcn", "grün"),
        (b"text/plain; charset=utf-8", b"gr\xc3\xbcn", "grün"),
        (b"text/plain", b"gr\xfcn", "grün"),
        (b"text/plain; charset=us-ascii", b"gr\xfcn", "grün"),
        (b"text/plain; charset=no-such", b"gr\xc3\xbcn", "grün"),
        (b"text/plain\nContent-Transfer-Encoding: quoted-printable", b"gr=C3=BCn", "grün"),
        (b"text/plain\nContent-Transfer-Encoding: base64", b"Z3LDvG4=", "grün"),
        (b"text/plain\nContent-Transfer-Encoding: base64", b"Z3LDvG4", "grün"),
    ],
)
def test_bodies_are_decoded_as_well_as_can_be(head, body, wanted):
    assert read_mail(b"Content-Type: " + head + b"\n\n" + body) == ("", wanted)


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        (b"=?utf-8?q?gr=C3=BCn?= is\n it", "grün is it"),
        (b"gr\xfcn", "grün"),
        (b"=?no-such?b?Z3LDvG4=?=", "grün"),
        (b"", ""),
    ],
)
def test_subjects_are_decoded_into_one_line(subject, wanted):
    assert read_mail(b"Subject: " + subject + b"\n\nx") == (wanted, "x")
