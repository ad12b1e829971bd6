"""A canonical data set of one huge text a split, as `tiny_shakespeare` is."""

import pytest
import tensorflow_datasets as tfds

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data import sources
from tests.pipelines.tasks.made_up_plays import play

SPLITS = ("train", "validation", "test")


class UnrolledBook(tfds.core.GeneratorBasedBuilder):
    """One document in each split."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict({"text": tfds.features.Text()})
        return self.dataset_info_from_configs(features=features, license="CC0")

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(seed) for seed, split in enumerate(SPLITS)}

    def _generate_examples(self, seed):
        yield 0, {"text": play(seed, 200)}


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    builder = UnrolledBook(data_dir=tmp_path / "data" / "tfds")
    builder.download_and_prepare(file_format="tfrecord")
    return DataSettings(dataset="unrolled_book", passage=300)


def test_its_splits_become_passages(book):
    examples = sources.load(tasks.get("shakespeare"), book)
    for seed, split in enumerate(SPLITS):
        passages = examples.splits[split]["text"]
        assert "".join(passages) == play(seed, 200)
        assert 10 < len(passages) == sum(len(passage) < 300 for passage in passages)
    assert examples.provenance.removed == {}
