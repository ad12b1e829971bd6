import dataclasses
import subprocess
import sys

import pytest

from models.spec.generation import STRATEGIES, Generation
from models.spec.settings import SpecError


def changed(**settings):
    return dataclasses.replace(Generation(), **settings)


def test_the_defaults_make_sense():
    Generation().validate()


def test_an_unknown_strategy_is_refused_with_the_choices():
    with pytest.raises(SpecError) as refused:
        changed(strategy="beem").validate()
    assert str(refused.value) == f"strategy: 'beem' is not one of {', '.join(STRATEGIES)}"


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [
        ("beam_width", 0, "the minimum is 1"),
        ("beam_width", 1025, "the maximum is 1024"),
        ("length_penalty", -0.1, "the minimum is 0.0"),
        ("length_penalty", 5.1, "the maximum is 5.0"),
        ("min_tokens", -1, "the minimum is 0"),
        ("max_tokens", 0, "the minimum is 1"),
        ("temperature", 0.0, "the minimum is 0.01"),
        ("top_k", -1, "the minimum is 0"),
        ("top_p", -0.1, "the minimum is 0.0"),
        ("top_p", 1.1, "the maximum is 1.0"),
        ("sampling_seed", -1, "the minimum is 0"),
        ("sampling_seed", 2**31, f"the maximum is {2**31 - 1}"),
    ],
)
def test_a_number_outside_its_bounds_is_refused_with_the_bound(field, value, bound):
    with pytest.raises(SpecError) as refused:
        changed(**{field: value}).validate()
    assert refused.value.field == field
    assert str(value) in str(refused.value)
    assert str(refused.value).endswith(bound)


@pytest.mark.parametrize("field", ["length_penalty", "temperature", "top_p"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_finite_number_is_refused(field, value):
    with pytest.raises(SpecError, match=f"{field}: {value} is not a finite number"):
        changed(**{field: value}).validate()


def test_the_least_length_is_at_most_the_greatest():
    changed(min_tokens=7, max_tokens=7).validate()
    with pytest.raises(SpecError, match="8 is more than max_tokens=7") as refused:
        changed(min_tokens=8, max_tokens=7).validate()
    assert refused.value.field == "min_tokens"


def test_settings_are_read_without_tensorflow():
    heavy = "{'tensorflow', 'keras', 'numpy'}"
    code = f"import sys, models.spec.generation; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
