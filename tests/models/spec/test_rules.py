"""Every combination against a table of what makes sense, written apart from the rules."""

import dataclasses
import functools
import itertools
import re

import pytest

from models.spec import ATTENTIONS, CELLS, HEADS, INPUTS, MODES, RECURRENT, ModelSpec
from models.spec.settings import SpecError

SEQUENCES = ("tokens", "features", "rows", "frames")
READERS = (*RECURRENT, "transformer")
BOTH = (False, True)
AHEAD = (False,)
NO = ("none",)

# mode, inputs, heads, cells, directions, attentions: what is in one row goes together, all of it.
TABLE = (
    ("one_to_one", ("vector", "image"), ("classes", "tags", "values"), NO, AHEAD, NO),
    ("one_to_many", ("vector", "category"), ("tokens",), RECURRENT, AHEAD, NO),
    ("one_to_many", ("image",), ("tokens",), RECURRENT, AHEAD, ATTENTIONS),
    (
        *("one_to_many", ("vector", "category", "image"), ("tokens",)),
        *(("transformer",), AHEAD, ("multi_head",)),
    ),
    (
        *("many_to_one", SEQUENCES, ("classes", "tags", "values", "quantiles")),
        *(READERS, BOTH, ATTENTIONS),
    ),
    ("many_to_many", SEQUENCES, ("labels", "crf"), RECURRENT, BOTH, ATTENTIONS),
    ("many_to_many", SEQUENCES, ("labels", "crf"), ("transformer",), BOTH, NO),
    ("many_to_many", ("tokens",), ("next_token",), RECURRENT, AHEAD, ATTENTIONS),
    ("many_to_many", ("tokens",), ("next_token",), ("transformer",), AHEAD, NO),
    ("encoder_decoder", SEQUENCES, ("tokens",), RECURRENT, BOTH, ATTENTIONS),
    ("encoder_decoder", SEQUENCES, ("tokens",), ("transformer",), BOTH, ("multi_head",)),
    ("encoder_decoder", SEQUENCES, ("ctc",), READERS, BOTH, NO),
)
AXES = ("mode", "input", "head", "cell", "bidirectional", "attention")
ALL = tuple(itertools.product(MODES, INPUTS, HEADS, CELLS, BOTH, ATTENTIONS))
LEGAL = {case for row in TABLE for case in itertools.product((row[0],), *row[1:])}


def writes(spec):
    return spec.head == "tokens"


def recurrent(spec):
    return spec.cell in RECURRENT


def shared(spec):
    """Whether heads share the features of a state."""
    return spec.attention == "multi_head" or spec.cell == "transformer"


def doubled(spec):
    """Whether they share those of both directions: an encoder's decoder has one all the same."""
    return spec.bidirectional and recurrent(spec) and not writes(spec)


# Changes, and where they make sense; 6 units.
FLAGS = (
    ({"pooling": "mean"}, lambda s: s.mode == "many_to_one"),
    ({"pooling": "max"}, lambda s: s.mode == "many_to_one"),
    ({"layers": 3}, lambda s: True),
    ({"layers": 2, "residual": True}, lambda s: s.cell != "transformer"),
    ({"residual": True}, lambda s: False),
    ({"layer_norm": True}, lambda s: s.cell != "transformer"),
    ({"variational": True}, recurrent),
    ({"variational": True, "dropout": 0.0}, lambda s: False),
    ({"dropout": 0.0}, lambda s: True),
    ({"time_checkpoint": 8}, recurrent),
    ({"token_dropout": 0.1}, lambda s: s.input == "tokens"),
    ({"ngrams": 3}, lambda s: s.input == "tokens"),
    ({"convolution": 2}, lambda s: s.input == "features" and s.mode != "many_to_many"),
    ({"augmentation": 0.5}, lambda s: s.input in ("image", "rows", "features")),
    ({"l1": 0.1, "l2": 0.1}, lambda s: True),
    ({"input_feeding": True}, lambda s: writes(s) and recurrent(s) and s.attention != "none"),
    ({"tie_embeddings": True}, lambda s: s.head in ("tokens", "next_token")),
    ({"teacher_forcing": 0.5}, writes),
    ({"copy": True}, lambda s: writes(s) and s.input == "tokens" and s.attention != "none"),
    ({"attention_heads": 3}, lambda s: True),
    ({"attention_heads": 4}, lambda s: not shared(s) or doubled(s)),
    ({"attention_heads": 5}, lambda s: not shared(s)),
)


def spec_of(case, **changes):
    return ModelSpec(
        **dict(zip(AXES, case, strict=True)), units=6, **{"attention_heads": 2, **changes}
    )


def refusal(spec):
    """What `validate` says against a spec, None where it says nothing."""
    try:
        spec.validate()
    except SpecError as refused:
        return refused
    return None


def offers(refused):
    """The ways out that a refusal names, as changes."""
    message = str(refused)
    if "; choose " in message:
        field, words = refused.field, message.rpartition("; choose ")[2]
        return [{field: word} for word in words.split(", ")]
    assigned = re.findall(r"(\w+)=([\w.]+)", message.rpartition("; set ")[2])
    return [dict([pair]) for pair in assigned]


def changed(spec, offer):
    ((field, word),) = offer.items()
    kind = type(getattr(ModelSpec(), field))
    value = word == "1" if kind is bool else kind(word)
    assert getattr(spec, field) != value, f"{refusal(spec)}: it is so already"
    return dataclasses.replace(spec, **{field: value})


@functools.cache
def steps_to_legal(spec):
    """Refusals on the longest way of following advice; in a circle it never returns."""
    refused = refusal(spec)
    if refused is None:
        return 0
    return 1 + max(steps_to_legal(changed(spec, offer)) for offer in offers(refused))


def test_what_is_legal_is_what_the_table_says():
    found = {case for case in ALL if refusal(spec_of(case)) is None}
    assert found - LEGAL == set(), "allowed, and makes no sense"
    assert LEGAL - found == set(), "makes sense, and is refused"


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: "-".join(map(str, flag[0])))
def test_a_change_is_legal_where_it_makes_sense(flag):
    changes, sensible = flag
    wrong = [
        case
        for case in LEGAL
        if (refusal(spec_of(case, **changes)) is None) != sensible(spec_of(case))
    ]
    assert wrong == []


def test_two_changes_are_legal_together_where_each_is():
    cases = sorted(LEGAL)[::7]
    for (one, sensible), (other, likewise) in itertools.combinations(FLAGS, 2):
        if one.keys() & other.keys() or {"residual", "layers"} <= one.keys() | other.keys():
            continue
        if {"variational", "dropout"} <= one.keys() | other.keys():
            continue
        for case in cases:
            spec = spec_of(case, **one, **other)
            plain = spec_of(case)
            assert (refusal(spec) is None) == (sensible(plain) and likewise(plain)), spec


@pytest.mark.parametrize("everything", [False, True], ids=["plain", "every flag"])
def test_following_the_advice_ends_in_a_legal_spec(everything):
    flags = {"pooling": "max", "residual": True, "layer_norm": True, "variational": True}
    flags |= {"dropout": 0.0, "time_checkpoint": 8, "token_dropout": 0.1, "input_feeding": True}
    flags |= {"ngrams": 4, "convolution": 2, "augmentation": 0.5}
    flags |= {"tie_embeddings": True, "teacher_forcing": 0.5, "copy": True, "attention_heads": 5}
    steps_to_legal.cache_clear()
    longest = max(steps_to_legal(spec_of(case, **(flags if everything else {}))) for case in ALL)
    assert longest <= (19 if everything else 6)


def test_a_refusal_is_one_line_that_names_the_field_and_a_way_out():
    fields = {field.name for field in dataclasses.fields(ModelSpec)}
    flags = [changes for changes, _ in FLAGS]
    said = {}
    for case, changes in itertools.product(ALL[::3], [{}, *flags]):
        refused = refusal(spec_of(case, **changes))
        if refused is not None:
            said[str(refused)] = refused
    assert len(said) > 40
    for message, refused in said.items():
        assert "\n" not in message
        assert refused.field in fields
        assert message.startswith(f"{refused.field}: ")
        assert offers(refused), message
        assert len(message) < 200


def test_what_a_mode_begins_with_is_legal():
    for mode in MODES:
        ModelSpec.of(mode).validate()
        assert ModelSpec.of(mode).mode == mode


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"cell": "none"}, "cell", "choose simple_rnn, lstm, gru, transformer"),
        ({"input": "image"}, "input", "many_to_one does not accept input image; choose tokens"),
        ({"head": "ctc"}, "head", "many_to_one has no head ctc; choose classes, tags"),
        (
            {"mode": "one_to_one", "input": "vector", "cell": "gru"},
            "cell",
            "has no sequence for gru",
        ),
        (
            {"mode": "many_to_many", "head": "next_token", "input": "features"},
            "head",
            "choose labels, crf",
        ),
        (
            {"mode": "many_to_many", "head": "next_token", "bidirectional": True},
            "bidirectional",
            "has already seen the next token",
        ),
        (
            {"mode": "one_to_many", "input": "vector", "head": "tokens", "bidirectional": True},
            "bidirectional",
            "cannot read tokens it has not generated",
        ),
    ],
)
def test_a_refusal_gives_the_reason(changes, field, reason):
    refused = refusal(ModelSpec(**changes))
    assert refused.field == field
    assert reason in str(refused)
