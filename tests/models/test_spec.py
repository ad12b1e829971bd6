import dataclasses

import pytest

from models.spec import ATTENTIONS, CELLS, MODES, POOLINGS, ModelSpec, SpecError


@pytest.mark.parametrize(
    ("field", "choices"),
    [("mode", MODES), ("cell", CELLS), ("attention", ATTENTIONS), ("pooling", POOLINGS)],
)
def test_a_value_outside_the_choices_is_refused_with_all_of_them(field, choices):
    with pytest.raises(SpecError) as refused:
        dataclasses.replace(ModelSpec(), **{field: "lsmt"}).validate()
    assert refused.value.field == field
    assert str(refused.value) == f"{field}: 'lsmt' is not one of {', '.join(choices)}"


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [
        ("attention_heads", 0, "the least is 1"),
        ("layers", 0, "the least is 1"),
        ("layers", 17, "the most is 16"),
        ("units", 0, "the least is 1"),
        ("embedding_dim", 0, "the least is 1"),
        ("token_dropout", -0.1, "the least is 0.0"),
        ("token_dropout", 1.0, "it must be below 1.0"),
        ("dropout", -0.1, "the least is 0.0"),
        ("dropout", 1.0, "it must be below 1.0"),
        ("l1", -1e-9, "the least is 0.0"),
        ("l2", -1e-9, "the least is 0.0"),
    ],
)
def test_a_number_outside_its_bounds_is_refused_with_the_bound(field, value, bound):
    with pytest.raises(SpecError) as refused:
        dataclasses.replace(ModelSpec(), **{field: value}).validate()
    assert refused.value.field == field
    assert str(value) in str(refused.value)
    assert str(refused.value).endswith(bound)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("field", ["dropout", "token_dropout", "l1", "l2"])
def test_what_is_no_finite_number_is_refused(field, value):
    with pytest.raises(SpecError, match=f"{field}: ") as refused:
        dataclasses.replace(ModelSpec(), **{field: value}).validate()
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"), [("layers", 1), ("layers", 16), ("dropout", 0.0), ("dropout", 0.99)]
)
def test_the_bounds_themselves_are_allowed(field, value):
    dataclasses.replace(ModelSpec(), **{field: value}).validate()


def test_heads_must_share_the_state_evenly():
    spec = ModelSpec(attention="multi_head", attention_heads=4, units=6)
    with pytest.raises(SpecError, match="4 heads cannot share the 6 units") as refused:
        spec.validate()
    assert refused.value.field == "attention_heads"
    dataclasses.replace(spec, bidirectional=True).validate()  # a state of 12 units
    dataclasses.replace(spec, attention="dot").validate()  # has one head whatever is set


def test_a_residual_connection_needs_a_second_layer():
    with pytest.raises(SpecError, match="set layers=2") as refused:
        ModelSpec(residual=True, layers=1).validate()
    assert refused.value.field == "residual"
    ModelSpec(residual=True, layers=2).validate()


def test_every_refusal_is_one_line():
    for wrong in ({"cell": "x"}, {"units": 0}, {"residual": True}, {"dropout": 1.0}):
        with pytest.raises(SpecError) as refused:
            dataclasses.replace(ModelSpec(), **wrong).validate()
        assert "\n" not in str(refused.value)


def test_build_refuses_an_illegal_spec():
    from models.build import build
    from models.inputs import TokenInput
    from models.many_to_one import Classes

    with pytest.raises(SpecError, match="residual"):
        build(ModelSpec(residual=True), TokenInput(5), Classes(2))
