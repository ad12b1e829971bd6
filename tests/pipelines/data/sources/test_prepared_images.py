"""Images and readings of a TFDS data set, as `mnist` of its catalogue holds them."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipelines.config import DataSettings
from pipelines.data.examples import Column
from pipelines.data.kinds import images
from pipelines.data.sources import load, prepared
from pipelines.runtime.errors import UserError

LABEL = Column("label", "label")


class UnrolledDigits(tfds.core.GeneratorBasedBuilder):
    """Small grey images, and the recording of a sensor beside each."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(8, 8, 1)),
            "depth": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint16),
            "pixels": tfds.features.Tensor(shape=(8, 8), dtype=np.uint8),
            "sensor": tfds.features.Tensor(shape=(None, 2), dtype=np.float32),
            "label": tfds.features.ClassLabel(names=["a", "b"]),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i in range(40):
            grey = np.full((8, 8, 1), i, np.uint8)
            yield (
                i,
                {
                    "image": grey,
                    "depth": grey.astype(np.uint16),
                    "pixels": grey[:, :, 0],
                    "sensor": np.full((10 + i, 2), i, np.float32),
                    "label": i % 2,
                },
            )


@pytest.fixture
def get(tmp_path, monkeypatch, make_task):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    with prepared.quiet():
        prepared.prepare(UnrolledDigits(data_dir=prepared.folder()))

    def call(column, **settings):
        task = make_task(column, LABEL)
        return load(task, DataSettings(dataset="unrolled_digits", **settings))

    return call


def test_images_are_the_bytes_of_their_files(get):
    examples = get(Column("image", "image"))
    assert [examples.size(s) for s in ("train", "validation", "test")] == [28, 4, 8]
    for columns in examples.splits.values():
        for content in columns["image"]:
            images.check(content)


@pytest.mark.parametrize("feature", ["depth", "pixels", "sensor"])
def test_features_that_are_not_files_of_images_are_refused(get, feature):
    with pytest.raises(UserError, match=rf"'{feature}' is not an image.*label \(ClassLabel\)"):
        get(Column(feature, "image"))


def test_a_sequence_of_floats_is_steps_or_readings(get):
    steps = get(Column("steps", "steps"))
    assert sorted(len(s) for c in steps.splits.values() for s in c["steps"]) == list(range(10, 50))
    readings = get(Column("readings", "readings"), window=10)
    assert all(len(s) <= 10 for c in readings.splits.values() for s in c["readings"])
    assert sum(map(readings.size, readings.splits)) > 40
