"""Recordings and features of a TFDS data set, as `spoken_digit` of its catalogue holds them."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.sources import load, prepared
from pipelines.data.waves import header, samples_of

DIGITS = [str(digit) for digit in range(10)]


class UnrolledSounds(tfds.core.GeneratorBasedBuilder):
    """Short recordings with a class, with names of other features as catalogues have them."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [  # noqa: RUF012
        tfds.core.BuilderConfig(name=name) for name in ("mono", "stereo", "speakers")
    ]

    def _info(self):
        shape = (None, 2) if self.builder_config.name == "stereo" else (None,)
        features = {
            "audio": tfds.features.Audio(file_format="wav", shape=shape, sample_rate=8000),
            "label": tfds.features.ClassLabel(names=DIGITS),
            "audio/filename": tfds.features.Text(),
        }
        if self.builder_config.name == "speakers":
            features["speaker_id"] = tfds.features.ClassLabel(names=["ann", "bob", "cem", "dov"])
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i in range(40):
            row = {"audio": sound(i), "label": i % 10, "audio/filename": f"{i}.wav"}
            if self.builder_config.name == "stereo":
                row["audio"] = np.stack([row["audio"]] * 2, axis=1)
            if self.builder_config.name == "speakers":
                row["speaker_id"] = i % 4
            yield i, row


def sound(i):
    return np.arange(-i, 60, dtype=np.int64) * 3


@pytest.fixture
def get(tmp_path, monkeypatch):
    def call(config):
        monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
        with prepared.quiet():
            builder = UnrolledSounds(data_dir=prepared.folder(), config=config)
            prepared.prepare(builder)
        name = f"{builder.name}/{config}"
        return load(tasks.get("speech"), DataSettings(dataset=name), 0)

    return call


def test_recordings_become_wav_files_and_classes_become_text(get):
    examples = get("mono")
    assert {s: examples.size(s) for s in examples.splits} == {
        "train": 29,
        "validation": 3,
        "test": 8,
    }
    heard = {
        (samples_of(audio).tobytes(), target)
        for columns in examples.splits.values()
        for audio, target in zip(columns["audio"], columns["target"], strict=True)
    }
    assert heard == {(sound(i).astype(np.int16).tobytes(), str(i % 10)) for i in range(40)}
    assert header(examples.splits["test"]["audio"][0]).rate == 8000


def test_speakers_of_a_catalogue_are_held_out_too(get):
    examples = get("speakers")
    heard = [set(examples.splits[s]["speaker"]) for s in ("train", "validation", "test")]
    assert [len(each) for each in heard] == [2, 1, 1]
    assert set.union(*heard) == {"ann", "bob", "cem", "dov"}


def test_stereo_is_not_read(get):
    assert set(get("stereo").splits["train"]) == {"target"}
