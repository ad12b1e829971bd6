"""A package like the one that the sentences ship in, with sentences of our own."""

import hashlib
import io
import tarfile

SENTENCES = [
    *((f"Scene {i} is a joy.", 0.5 + i / 10) for i in range(10)),
    *((f"Scene {i} is a bore.", -0.5 - i / 10) for i in range(10)),
    ("It is a film.", 0.0),
    ("SCENE 3 is  a joy. ", 1.5),
]
SIZES = {"train": 16, "validation": 2, "test": 2}
REMOVED = {"rated exactly zero": 1, "duplicate of an earlier text": 1}


def add(archive, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def build(path):
    """Writes the archive and returns its SHA-256."""
    lines = [f"{i}\t{rating}\t{text}\r\n" for i, (text, rating) in enumerate(SENTENCES, 1)]
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        add(archive, "data/other_GroundTruth.txt", b"not this one")
        add(archive, "data/movieReviewSnippets_GroundTruth.txt", "".join(lines).encode())
    with tarfile.open(path, "w:gz") as archive:
        add(archive, "vaderSentiment-3.3.2/setup.py", b"raise SystemExit('never to be run')")
        name = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
        add(archive, name, inner.getvalue())
    return hashlib.sha256(path.read_bytes()).hexdigest()
