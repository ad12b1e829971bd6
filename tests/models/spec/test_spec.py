import dataclasses

import pytest

from models.spec import ATTENTIONS, CELLS, HEADS, INPUTS, MODES, POOLINGS, ModelSpec
from models.spec.settings import SpecError


@pytest.mark.parametrize(
    ("field", "choices"),
    [
        *[("mode", MODES), ("input", INPUTS), ("head", HEADS), ("cell", CELLS)],
        *[("attention", ATTENTIONS), ("pooling", POOLINGS)],
    ],
)
def test_a_value_outside_the_choices_is_refused_with_all_of_them(field, choices):
    with pytest.raises(SpecError) as refused:
        dataclasses.replace(ModelSpec(), **{field: "lsmt"}).validate()
    assert refused.value.field == field
    assert str(refused.value) == f"{field}: 'lsmt' is not one of {', '.join(choices)}"


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [
        ("attention_heads", 0, "the minimum is 1"),
        ("layers", 0, "the minimum is 1"),
        ("layers", 17, "the maximum is 16"),
        ("units", 0, "the minimum is 1"),
        ("embedding_dim", 0, "the minimum is 1"),
        ("filters", 0, "the minimum is 1"),
        ("ngrams", 0, "the minimum is 1"),
        ("ngrams", 9, "the maximum is 8"),
        ("time_checkpoint", -1, "the minimum is 0"),
        ("teacher_forcing", -0.1, "the minimum is 0.0"),
        ("teacher_forcing", 1.1, "the maximum is 1.0"),
        ("token_dropout", -0.1, "the minimum is 0.0"),
        ("token_dropout", 1.0, "it must be below 1.0"),
        ("dropout", -0.1, "the minimum is 0.0"),
        ("dropout", 1.0, "it must be below 1.0"),
        ("l1", -1e-9, "the minimum is 0.0"),
        ("l2", -1e-9, "the minimum is 0.0"),
    ],
)
def test_a_number_outside_its_bounds_is_refused_with_the_bound(field, value, bound):
    with pytest.raises(SpecError) as refused:
        dataclasses.replace(ModelSpec(), **{field: value}).validate()
    assert refused.value.field == field
    assert str(value) in str(refused.value)
    assert str(refused.value).endswith(bound)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("field", ["dropout", "token_dropout", "teacher_forcing", "l1", "l2"])
def test_what_is_no_finite_number_is_refused(field, value):
    with pytest.raises(SpecError, match=f"{field}: ") as refused:
        dataclasses.replace(ModelSpec(), **{field: value}).validate()
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("cell", None, "a word"),
        ("units", "64", "a whole number"),
        ("units", 64.0, "a whole number"),
        ("layers", True, "a whole number"),
        ("dropout", "0.3", "a number"),
        ("dropout", False, "a number"),
        ("bidirectional", 1, "true or false"),
        ("bidirectional", "no", "true or false"),
    ],
)
def test_a_value_of_another_type_is_refused(field, value, kind):
    with pytest.raises(SpecError) as refused:
        dataclasses.replace(ModelSpec(), **{field: value}).validate()
    assert refused.value.field == field
    assert str(refused.value) == f"{field}: {value!r} is not {kind}"


def test_a_whole_number_is_a_number():
    dataclasses.replace(ModelSpec(), dropout=0, l2=1).validate()


@pytest.mark.parametrize(
    ("field", "value"), [("layers", 1), ("layers", 16), ("dropout", 0.0), ("dropout", 0.99)]
)
def test_the_bounds_themselves_are_allowed(field, value):
    dataclasses.replace(ModelSpec(), **{field: value}).validate()


def test_heads_must_share_the_state_evenly():
    spec = ModelSpec(attention="multi_head", attention_heads=4, units=6)
    with pytest.raises(SpecError, match="6 units cannot be split evenly among 4 heads") as refused:
        spec.validate()
    assert refused.value.field == "attention_heads"
    dataclasses.replace(spec, bidirectional=True).validate()  # a state of 12 units
    dataclasses.replace(spec, attention="dot").validate()  # has one head whatever is set


def test_a_residual_connection_needs_a_second_layer():
    with pytest.raises(SpecError, match="set layers=2") as refused:
        ModelSpec(residual=True, layers=1).validate()
    assert refused.value.field == "residual"
    ModelSpec(residual=True, layers=2).validate()


def test_the_changes_of_a_mode_come_over_its_own_defaults():
    assert ModelSpec.of("one_to_many").head == "tokens"
    assert ModelSpec.of("one_to_many", input="image").input == "image"
    assert ModelSpec.of("many_to_one") == ModelSpec()


@pytest.mark.parametrize(("cell", "there_is"), [("gru", True), ("transformer", False)])
def test_the_transformer_is_no_recurrence(cell, there_is):
    assert ModelSpec(cell=cell).recurrent is there_is


@pytest.mark.parametrize(("head", "does"), [("tokens", True), ("ctc", False), ("labels", False)])
def test_a_decoder_writes_tokens_alone(head, does):
    assert ModelSpec(head=head).writes is does


def test_build_refuses_an_illegal_spec():
    from models.build import build
    from models.inputs.tokens import TokenInput
    from models.outputs.classes import Classes
    from models.outputs.tags import Tags

    with pytest.raises(SpecError, match="residual"):
        build(ModelSpec(residual=True), TokenInput(5), Classes(2))
    with pytest.raises(SpecError, match="input: features was set, but the data are tokens"):
        build(ModelSpec(input="features"), TokenInput(5), Classes(2))
    with pytest.raises(SpecError, match="choose tags"):
        build(ModelSpec(), TokenInput(5), Tags(2))
