"""Settings laid over each other, from files too, and the whole kept as one."""

import json

import pytest

from models.spec import ModelSpec
from models.spec.settings import SpecError
from pipelines.config import (
    Config,
    DataSettings,
    TrainingSettings,
    read_file,
    resolve,
    settings,
)
from pipelines.runtime.errors import UserError


def resolved(*layers):
    return resolve("toy", "many_to_one", *layers)


def test_a_later_layer_lies_on_top_of_an_earlier_one():
    task, preset = {"units": 10, "epochs": 1, "cell": "gru"}, {"units": 20, "epochs": 2}
    file, flags = {"units": 30}, {"batch_size": 5}
    config = resolved(task, preset, file, flags)
    assert (config.model.units, config.model.cell) == (30, "gru")
    assert (config.training.epochs, config.training.batch_size) == (2, 5)
    assert config.data == DataSettings()
    assert (config.task, config.model.mode) == ("toy", "many_to_one")


def test_without_layers_everything_has_its_default():
    assert resolved() == Config("toy", ModelSpec(), DataSettings(), TrainingSettings())


FLAT = 'units = 32\ncell = "gru"\nbidirectional = true\ndropout = 0\ndata = "r.csv"\n'


SECTIONED = """
epochs = 4
[model]
units = 32
bidirectional = true
[data]
data = "r.csv"
[training]
learning_rate = 1e-2
"""


def written(folder, text):
    file = folder / "settings.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_flat_file(tmp_path):
    found = read_file(written(tmp_path, FLAT))
    assert found == {
        "units": 32,
        "cell": "gru",
        "bidirectional": True,
        "dropout": 0.0,
        "data": "r.csv",
    }
    assert type(found["dropout"]) is float


def test_a_file_in_sections(tmp_path):
    assert read_file(written(tmp_path, SECTIONED)) == {
        "epochs": 4,
        "units": 32,
        "bidirectional": True,
        "data": "r.csv",
        "learning_rate": 0.01,
    }


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("units = ", UserError, "is not TOML"),
        (
            "[modle]\nunits = 1",
            UserError,
            "Did you mean 'model'.*Choices: data, generation, model, training",
        ),
        ("unit = 1", UserError, "Did you mean 'units'"),
        ("[model]\nunit = 1", UserError, "Did you mean 'units'"),
        ("units = 1.5", UserError, "not a whole number"),
        ('cell = "lsmt"', SpecError, "simple_rnn, lstm, gru"),
    ],
)
def test_a_file_with_a_mistake(tmp_path, text, error, said):
    with pytest.raises(error, match=said):
        read_file(written(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(UserError, match=r"absent.toml' cannot be read: No such file"):
        read_file(tmp_path / "absent.toml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not TOML"):
        read_file(tmp_path / "binary")


def test_a_folder_in_place_of_a_file_is_a_mistake_of_the_user(tmp_path):
    with pytest.raises(UserError, match="CONFIG"):
        read_file(tmp_path)


def test_flat_and_back_through_json():
    config = resolved(
        {
            "units": 7,
            "dropout": 0.1,
            "bidirectional": True,
            "learning_rate": 1 / 3,
            "data": "ä b.csv",
        }
    )
    values = json.loads(json.dumps(config.flat()))
    assert Config.from_flat(values) == config
    assert values["task"] == "toy"
    assert values.keys() == {"task", "mode", "input", *settings()}


def test_settings_of_a_later_version_are_left_out_and_missing_ones_have_their_default():
    values = resolved({"units": 7}).flat() | {"warp": 9}
    del values["epochs"]
    config = Config.from_flat(values)
    assert config.model.units == 7
    assert config.training.epochs == TrainingSettings().epochs


def test_two_sources_are_refused():
    with pytest.raises(UserError, match="DATASET and DATA name two sources"):
        resolved({"dataset": "imdb_reviews", "data": "reviews.csv"})
    assert resolved({"dataset": "imdb_reviews"}, {"data": ""}).data.dataset == "imdb_reviews"


def test_a_source_takes_the_place_of_that_of_a_layer_below():
    data = resolved({"dataset": "imdb_reviews"}, {"data": "reviews.csv"}).data
    assert (data.dataset, data.data) == ("", "reviews.csv")
    data = resolved({"data": "reviews.csv"}, {"dataset": "imdb_reviews"}).data
    assert (data.dataset, data.data) == ("imdb_reviews", "")


def test_weight_decay_without_the_optimizer_that_knows_it_is_refused():
    with pytest.raises(UserError, match="adamw"):
        resolved({"weight_decay": 0.01})
    assert resolved({"weight_decay": 0.01, "optimizer": "adamw"}).training.weight_decay == 0.01


def test_a_combination_of_layers_that_makes_no_sense_is_refused():
    with pytest.raises(SpecError, match="residual: "):
        resolved({"residual": True, "layers": 2}, {"layers": 1})


def test_layers_are_checked_again():
    with pytest.raises(SpecError, match="dropout: "):
        resolved({"dropout": 1.5})
