"""Settings one by one: what a person wrote -> a checked value."""

import dataclasses

import pytest

from models.spec.settings import SpecError
from pipelines.config import (
    SECTIONS,
    parse,
    parse_assignments,
    resolve,
    settings,
)
from pipelines.runtime.errors import UserError


def resolved(*layers):
    return resolve("toy", "many_to_one", *layers)


def choices_of(name):
    return settings()[name][1].metadata["choices"]


WITH_CHOICES = [name for name in settings() if choices_of(name)]


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
