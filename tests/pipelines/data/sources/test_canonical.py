import time
import urllib.request

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipelines.config import DataSettings
from pipelines.data.sources import canonical, load, prepared
from pipelines.runtime.errors import UserError
from tests.pipelines.data.sources.conftest import sentence, texts


class UnrolledSnippets(tfds.core.GeneratorBasedBuilder):
    """A catalogue's data set in small: configurations, hidden labels, an extra split."""

    VERSION = tfds.core.Version("1.2.0")
    BUILDER_CONFIGS = [  # noqa: RUF012
        tfds.core.BuilderConfig(name=name)
        for name in ("plain", "all_splits", "two_texts", "no_text", "no_train")
    ]

    def _info(self):
        features = {
            "idx": np.int32,
            "sentence": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=["zebra", "ape", "unseen"]),
            "rating": np.float32,
        }
        if self.builder_config.name == "two_texts":
            features["title"] = tfds.features.Text()
            features["body"] = features.pop("sentence")
        if self.builder_config.name == "no_text":
            del features["sentence"]
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features), license="CC0"
        )

    def _split_generators(self, dl_manager):
        sizes = {"train": (0, 100), "test": (100, 120), "unsupervised": (0, 7)}
        if self.builder_config.name == "all_splits":
            sizes = {"train": (0, 100), "validation": (95, 115), "test": (115, 130)}
        if self.builder_config.name == "no_train":
            sizes = {"test": (100, 120)}
        return {name: self._generate_examples(name, *bounds) for name, bounds in sizes.items()}

    def _generate_examples(self, split, start, stop):
        hidden = self.builder_config.name == "plain" and split == "test"
        for i in range(start, stop):
            row = {"idx": i, "rating": i / 2, "label": -1 if hidden else i % 2}
            for name in self.info.features:
                if name in ("sentence", "body", "title"):
                    row[name] = f"{name}: {sentence(i)} \u00e9"
            yield i, row


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    for config in UnrolledSnippets.BUILDER_CONFIGS:
        builder = UnrolledSnippets(config=config, data_dir=root / "data" / "tfds")
        builder.download_and_prepare(file_format="tfrecord")
    return root


@pytest.fixture
def get(folder, monkeypatch, make_task):
    monkeypatch.setenv("UNROLLED_ROOT", str(folder))

    def call(config, **settings):
        name = f"unrolled_snippets/{config}" if config else "unrolled_snippets"
        return load(make_task(), DataSettings(dataset=name, **settings))

    return call


def refused(call, *parts):
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_given_splits_are_used_and_training_loses_what_they_hold(get):
    examples = get("all_splits")
    assert [examples.size(s) for s in ("train", "validation", "test")] == [95, 20, 15]
    assert examples.labels == ("zebra", "ape", "unseen")
    assert examples.provenance.removed == {"in train and also in a held-out split": 5}
    test = examples.splits["test"]
    assert set(test) == {"text", "label", "rating"}
    numbers = [int(text.split()[-2]) for text in test["text"]]
    assert sorted(numbers) == list(range(115, 130))
    assert list(test["label"]) == [i % 2 for i in numbers]
    assert list(test["rating"]) == [i / 2 for i in numbers]
    assert all(text.endswith("é") for text in test["text"])


def test_provenance(get):
    source = get("all_splits").provenance
    assert (source.source, source.name) == ("canonical", "unrolled_snippets/all_splits")
    assert (source.version, source.licence) == ("1.2.0", "CC0")
    assert get("all_splits:1.2.0").provenance == source


def test_hidden_labels_make_a_split_absent_and_what_is_unused_is_counted(get):
    examples = get("plain")
    assert [examples.size(s) for s in ("train", "validation", "test")] == [72, 8, 20]
    assert len(set(texts(examples))) == 100
    assert examples.provenance.removed == {
        "without a label": 20,
        "in 'unsupervised', which is neither train, validation nor test": 7,
    }


def test_features_that_are_not_plain_are_refused_with_the_choices(get):
    refused(lambda: get("two_texts"), "title", "body", "TEXT=name")
    refused(lambda: get("no_text"), "text", "idx, label, rating")
    refused(lambda: get("plain", text="nope"), "'nope'", "sentence")
    refused(lambda: get("plain", text="idx"), "'idx' is not a text", "sentence (Text)")
    refused(lambda: get("plain", label="idx"), "'idx' is not a label", "label (ClassLabel)")


def test_a_feature_is_chosen(get):
    assert texts(get("two_texts", text="title"))[0].startswith("title: ")


def test_without_a_training_split(get):
    refused(lambda: get("no_train"), "'train'", "test")


def test_names_that_the_catalogue_lacks(get, make_task):
    def load_name(name):
        return lambda: load(make_task(), DataSettings(dataset=name))

    refused(load_name("imdb_review"), "imdb_reviews", "glue/sst2")
    refused(lambda: get("nope"), "nope", "plain, all_splits")
    refused(lambda: get("plain:9.9.9"), "9.9.9", "1.2.0")
    refused(load_name("huggingface:some/set"), "version")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """Every host refuses; TFDS must not be let loose to retry."""
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    # The opener that urllib makes once for all keeps the proxies of that moment.
    monkeypatch.setattr(urllib.request, "_opener", None)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")


def test_offline_it_says_at_once_what_is_missing_and_what_to_do(offline, make_task, tmp_path):
    started = time.monotonic()
    refused(
        lambda: load(make_task(), DataSettings(dataset="imdb_reviews")),
        "imdb_reviews/plain_text/1.0.0 is not prepared",
        "ai.stanford.edu cannot be reached",
        str(tmp_path / "data" / "tfds" / "imdb_reviews"),
        "DATA=",
    )
    assert time.monotonic() - started < 5
    assert not list(tmp_path.glob("data/tfds/imdb_reviews/*/*"))


def test_a_download_that_fails_midway_is_a_line_too(offline, make_task, monkeypatch, capsys):
    def fails(builder):
        raise tfds.download.DownloadError("HTTP code: 404.\nsecond line")

    monkeypatch.setattr(canonical, "_reachable", lambda urls: True)
    monkeypatch.setattr(prepared, "prepare", fails)
    refused(
        lambda: load(make_task(), DataSettings(dataset="imdb_reviews")),
        "could not be downloaded: HTTP code: 404. second line",
    )
    assert (
        "downloading imdb_reviews/plain_text/1.0.0 from ai.stanford.edu" in capsys.readouterr().err
    )


def test_a_data_set_that_is_downloaded_by_hand_says_so(offline, make_task, monkeypatch):
    builder = UnrolledSnippets(config="plain", data_dir=prepared.folder())
    monkeypatch.setattr(UnrolledSnippets, "MANUAL_DOWNLOAD_INSTRUCTIONS", "Ask\n  nicely.")
    refused(lambda: canonical._prepare(builder), "by hand: Ask nicely.")


def test_files_that_only_its_reader_can_fetch_are_asked_for_where_they_are_missing(
    offline, make_task, monkeypatch
):
    def missing(builder):
        raise AssertionError("manual directory is empty")

    monkeypatch.setattr(UnrolledSnippets, "MANUAL_DOWNLOAD_INSTRUCTIONS", "Ask\n  nicely.")
    monkeypatch.setattr(UnrolledSnippets, "url_infos", {"https://example.org/some": None})
    monkeypatch.setattr(canonical, "_reachable", lambda urls: True)
    monkeypatch.setattr(prepared, "prepare", missing)
    builder = UnrolledSnippets(config="plain", data_dir=prepared.folder())
    refused(lambda: canonical._prepare(builder), "by hand: Ask nicely.")


def test_a_data_set_that_needs_no_download_is_prepared(offline, make_task, tmp_path):
    name = "unrolled_snippets/all_splits"
    assert load(make_task(), DataSettings(dataset=name)).size("test") == 15
    assert list(tmp_path.glob("data/tfds/unrolled_snippets/all_splits/1.2.0/*tfrecord*"))


def test_what_tfds_prepared_in_its_own_folder_is_found(offline, make_task, monkeypatch, folder):
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(folder / "data" / "tfds"))
    name = "unrolled_snippets/all_splits"
    assert canonical._builder(name).data_path.is_relative_to(folder)
