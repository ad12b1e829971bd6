"""Summaries with names: from a table to an export that copies."""

import contextlib
import csv
import io
import itertools

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipelines import cli, tasks
from pipelines.config import DataSettings
from pipelines.data import sources
from pipelines.runtime.errors import UserError
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel

NAMES = ("Mira", "Otis", "Lena", "Bram", "Suri", "Kuno", "Vera", "Timo", "Anouk", "Pelle")
PLACES = ("harbour", "library", "bakery", "station")
VERBS = ("opened", "painted", "closed")
TINY = (
    *("CELL=gru", "UNITS=16", "EMBEDDING_DIM=16", "BATCH_SIZE=16", "EPOCHS=10", "PATIENCE=10"),
    *("BUCKETS=1", "DROPOUT=0", "TOKEN_DROPOUT=0", "EMA=0", "WARMUP=0", "MAX_TOKENS=8"),
    *("LEARNING_RATE=0.03", "VOCABULARY=150", "BEAM_WIDTH=2", "INPUT_FEEDING=0"),
    *("BIDIRECTIONAL=0", "TARGET_LENGTH=8"),
)


def article(name, place, verb):
    return f"Yesterday the old {place} was {verb} by {name} in the rain."


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What training said, and the folder of the export."""
    root = tmp_path_factory.mktemp("root")
    file = root / "articles.csv"
    with file.open("w", newline="", encoding="utf-8") as handle:
        rows = [
            (article(*parts), f"{parts[0]} {parts[2]} {parts[1]}")
            for parts in itertools.product(NAMES, PLACES, VERBS)
        ]
        csv.writer(handle).writerows([("document", "summary"), *rows])
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("UNROLLED_ROOT", str(root))
        assert cli.main(["train", "TASK=summarize", f"DATA={file}", *TINY]) == 0
        yield said.getvalue(), versions.get("summarize").folder


def test_training_reports_rouge_beside_the_baselines(trained):
    said, _ = trained
    for part in ("rouge1", "rouge2", "rougeL", "first_words", "nearest", "exposure_bias_gap"):
        assert part in said


def test_the_export_says_how_probable_copying_was(trained):
    _, folder = trained
    loaded = LoadedModel(folder)
    answer = loaded.answer({"text": [article("Mira", "bakery", "closed"), "x"]})
    assert answer["output"][0].decode().split()[0] == "Mira"
    real = answer["output_tokens"] != b""
    assert ((answer["copying"] > 0) == real).all()
    np.testing.assert_allclose(answer["attention"].sum(axis=2)[real], 1, rtol=1e-5)


def test_predict_says_where_copying_was_probable(trained, monkeypatch, capsys):
    monkeypatch.setenv("UNROLLED_ROOT", str(trained[1].parents[2]))
    text = article("Otis", "station", "opened")
    assert cli.main(["predict", "TASK=summarize", f"INPUT={text}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Otis ") and "copying " in said


class UnrolledNews(tfds.core.GeneratorBasedBuilder):
    """Catalogue sets of summaries, by the names of their columns alone."""

    VERSION = tfds.core.Version("1.0.0")
    COLUMNS = {  # noqa: RUF012
        "gigaword": ("document", "summary"),
        "cnn_dailymail": ("article", "highlights", "id", "publisher"),
        "newsroom": ("text", "summary", "title"),
    }
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=name) for name in COLUMNS]  # noqa: RUF012

    def _info(self):
        features = {name: tfds.features.Text() for name in self.COLUMNS[self.builder_config.name]}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in ("train", "validation", "test")}

    def _generate_examples(self, split):
        for i in range(12):
            yield i, {name: f"{split} {name} {'z' * i}" for name in self.info.features}


@pytest.fixture
def canonical(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))

    def load(name, **settings):
        folder = tmp_path / "data" / "tfds"
        UnrolledNews(config=name, data_dir=folder).download_and_prepare(file_format="tfrecord")
        chosen = DataSettings(dataset=f"unrolled_news/{name}", **settings)
        return sources.load(tasks.get("summarize"), chosen).splits["test"]

    return load


@pytest.mark.parametrize("name", ["gigaword", "cnn_dailymail"])
def test_columns_of_the_catalogue_are_known_by_name(canonical, name):
    text, target, *_ = UnrolledNews.COLUMNS[name]
    columns = canonical(name)
    assert sorted(columns["text"])[0].startswith(f"test {text} ")
    assert sorted(columns["target"])[0].startswith(f"test {target} ")


def test_of_two_summaries_one_has_to_be_chosen(canonical):
    with pytest.raises(UserError, match=r"could each be the target.*TARGET=name"):
        canonical("newsroom")
    assert canonical("newsroom", target="title")["target"][0].startswith("test title")
