import dataclasses
import json

import pytest

from models.settings import SpecError
from models.spec import ModelSpec
from pipelines.config import (
    SECTIONS,
    Config,
    DataSettings,
    TrainingSettings,
    parse,
    parse_assignments,
    read_file,
    resolve,
    settings,
)
from pipelines.errors import UserError


def resolved(*layers):
    return resolve("toy", "many_to_one", *layers)


def choices_of(name):
    return settings()[name][1].metadata["choices"]


WITH_CHOICES = [name for name in settings() if choices_of(name)]


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


def test_no_two_sections_have_a_setting_of_the_same_name():
    names = [field.name for kind in SECTIONS.values() for field in dataclasses.fields(kind)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_default_is_allowed_and_survives_being_written(name):
    section, field = settings()[name]
    assert field.metadata["help"]
    value = parse(name, str(field.default))
    assert value == field.default
    assert type(value) is type(field.default)
    assert getattr(getattr(resolved({name: value}), section), name) == value


@pytest.mark.parametrize("text", ["1", "true", "True", "YES", "on", " 1 ", True])
def test_yes(text):
    assert parse("bidirectional", text) is True


@pytest.mark.parametrize("text", ["0", "false", "False", "no", "OFF", "", False])
def test_no(text):
    assert parse("bidirectional", text) is False


@pytest.mark.parametrize("text", ["2", "maybe", "y es", "None"])
def test_neither_yes_nor_no(text):
    with pytest.raises(UserError, match=f"bidirectional: '{text}' .* write 1 or 0"):
        parse("bidirectional", text)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("units", "64", 64),
        ("units", " 64 ", 64),
        ("units", 64, 64),
        ("dropout", "0.25", 0.25),
        ("dropout", "0", 0.0),
        ("dropout", 0, 0.0),
        ("learning_rate", "1e-3", 0.001),
        ("data", "my reviews.csv", "my reviews.csv"),
    ],
)
def test_a_value_has_the_type_of_its_setting(name, given, value):
    found = parse(name, given)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("units", "6.5", "not a whole number"),
        ("units", "many", "not a whole number"),
        ("units", "", "not a whole number"),
        ("units", True, "not a whole number"),
        ("dropout", "half", "not a number"),
        ("dropout", "", "not a number"),
    ],
)
def test_what_is_no_number_is_refused(name, text, said):
    with pytest.raises(UserError, match=f"^{name}: '{text}' is {said}"):
        parse(name, text)


@pytest.mark.parametrize("name", WITH_CHOICES)
def test_a_value_outside_the_choices_gets_all_of_them(name):
    with pytest.raises(SpecError) as refused:
        parse(name, "nonsense")
    assert "nonsense" in str(refused.value)
    assert ", ".join(choices_of(name)) in str(refused.value)
    assert refused.value.field == name


@pytest.mark.parametrize("name", ["learning_rate", "clip_norm", "dropout", "l2"])
@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_refused(name, text):
    with pytest.raises(SpecError, match=f"{name}: "):
        parse(name, text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("unit", "units"),
        ("learning-rate", "learning_rate"),
        ("dropuot", "dropout"),
        ("bach_size", "batch_size"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_and_all_names(written, meant):
    with pytest.raises(UserError) as refused:
        parse(written, "1")
    message = str(refused.value)
    assert f"unknown setting '{written}'. Did you mean '{meant}'?" in message
    assert ", ".join(sorted(settings())) in message
    assert "\n" not in message


def test_a_name_like_no_other_gets_the_choices_without_a_guess():
    with pytest.raises(UserError, match=r"unknown setting 'qqqq'\. Choices: ") as refused:
        parse("qqqq", "1")
    assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize("name", ["mode", "task"])
def test_what_the_task_decides_is_no_setting(name):
    with pytest.raises(UserError, match=f"unknown setting '{name}'"):
        resolved({name: "many_to_one"})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("units=64 dropout=0.3", {"units": 64, "dropout": 0.3}),
        ("  units=64\n dropout=0.3 ", {"units": 64, "dropout": 0.3}),
        ("units=1 units=2", {"units": 2}),
        ("data='my reviews.csv' text=body", {"data": "my reviews.csv", "text": "body"}),
        ("data=a=b.csv", {"data": "a=b.csv"}),
        ("bidirectional=", {"bidirectional": False}),
    ],
)
def test_assignments(text, values):
    assert parse_assignments(text) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("units", "'units' is not of the form name=value"),
        ("units = 64", "'units' is not of the form name=value"),
        ("unit=64", "Did you mean 'units'"),
        ("=64", "unknown setting ''"),
        ("units=x", "units: 'x' is not a whole number"),
    ],
)
def test_assignments_that_are_none(text, said):
    with pytest.raises(UserError, match=said):
        parse_assignments(text)


def test_an_open_quote_is_a_mistake_of_the_user():
    with pytest.raises(UserError, match="SET"):
        parse_assignments("data='my reviews.csv")


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
