"""A package of made-up mails, in the form of the one that the real ones ship in."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

WORDS = ("river", "stone", "cloud", "ember", "willow", "lantern", "oar", "meadow", "lyre", "gate")


def mail(subject, body):
    """A mail as bytes, headers first."""
    return f"From: a@example.org\nSubject: {subject}\n\n{body}\n".encode()


def write(path: Path, mails: Mapping[str, bytes]) -> Path:
    """Writes the archive; names are `folder/number`."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in mails.items():
            member = tarfile.TarInfo(f"package/data/{name}.0a1b.txt")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
