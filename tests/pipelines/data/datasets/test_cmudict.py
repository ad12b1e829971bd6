import tempfile
import zipfile
from pathlib import Path
from unittest import mock

from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.cmudict import cmudict_dataset_builder as module
from pipelines.data.datasets.fetching import packages

LETTERS = "abcdefghijklmnopqrstuvwxy"
LINES = [
    *(f"{letter}o {letter.upper()} OW1" for letter in LETTERS),
    *(f"{letter}o(2) {letter.upper()} OW0" for letter in LETTERS[:3]),  # another stress alone
    *(f"{letter}o(3) {letter.upper()} UW1 # as a name" for letter in LETTERS[:4]),
]


def build(path):
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("cmudict/__init__.py", "raise SystemExit('never to be run')")
        wheel.writestr(module.FILE, "\n".join([*LINES, ""]))


class CmudictTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a dictionary of ours."""

    DATASET_CLASS = module.Builder
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist
    OVERLAPPING_SPLITS = ()

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = Path(folder) / "package.whl"
        build(archive)
        entries, _ = module.clean(module.read(archive))
        self.SPLITS = _sizes(entries)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=archive))
        super().setUp()


del DatasetBuilderTestCase


def _sizes(entries):
    words = list(dict.fromkeys(word for word, _ in entries))
    marks = [module.fingerprint(word) for word in words]
    names = module.stratify(marks, [""] * len(words), module.SHARES, module.SEED)
    split_of = dict(zip(words, names, strict=True))
    found = [split_of[word] for word, _ in entries]
    return {name: found.count(name) for name in ("train", "validation", "test")}


def test_stress_variants_and_comments_are_taken_off(tmp_path):
    build(tmp_path / "package.whl")
    entries, removed = module.clean(module.read(tmp_path / "package.whl"))
    assert ("ao", "A OW") in entries and ("ao", "A UW") in entries
    assert len(entries) == len(LINES) - 3
    assert removed == {"same pronunciation except for stress": 3}
