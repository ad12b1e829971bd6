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
OTHERS = {
    "amazonReviewSnippets": [
        ("The lens &amp; the case are good.", 2.0),
        ("Scene 1 is a joy.", 1.0),
    ],
    "tweets": [("What a day.", 1.5)],
    "nytEditorialSnippets": [("The bill is a disgrace.", -2.5), ("It was passed.", 0.0)],
}
SIZES = {"train": 14 + 3, "validation": 2, "test": 4}
REMOVED = {"rated exactly zero": 2, "duplicate of an earlier text": 2}


def add(archive, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def build(path):
    """Writes the archive and returns its SHA-256."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        # The movies are not the first in the archive, though they are to be read first.
        for name, rows in {**OTHERS, "movieReviewSnippets": SENTENCES}.items():
            lines = [f"{i}\t{rating}\t{text}\r\n" for i, (text, rating) in enumerate(rows, 1)]
            add(archive, f"data/{name}_GroundTruth.txt", "".join(lines).encode())
            add(archive, f"data/{name}_anonDataRatings.txt", b"not this one")
    with tarfile.open(path, "w:gz") as archive:
        add(archive, "vaderSentiment-3.3.2/setup.py", b"raise SystemExit('never to be run')")
        name = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
        add(archive, name, inner.getvalue())
    return hashlib.sha256(path.read_bytes()).hexdigest()
