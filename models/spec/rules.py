"""Which combinations of settings are valid, and why the others are not.

The first rule that is broken is the one that is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.spec import ModelSpec
from models.spec.settings import SpecError

INPUTS_OF = {
    "one_to_one": ("vector", "image"),
    "one_to_many": ("vector", "category", "image"),
    "many_to_one": ("tokens", "features", "rows", "frames"),
    "many_to_many": ("tokens", "features", "rows", "frames"),
    "encoder_decoder": ("tokens", "features", "rows", "frames"),
}
HEADS_OF = {
    "one_to_one": ("classes", "tags", "values"),
    "one_to_many": ("tokens",),
    "many_to_one": ("classes", "tags", "values", "quantiles"),
    "many_to_many": ("labels", "crf", "next_token"),
    "encoder_decoder": ("tokens", "ctc"),
}
AUGMENTED = ("image", "rows", "features")
ALL_CELLS = "simple_rnn, lstm, gru, transformer"


@dataclass(frozen=True)
class Rule:
    """One constraint on a spec.

    Attributes:
        field: the setting that is reported.
        broken: whether a spec breaks the rule.
        reason: why the combination is invalid, and the valid choices.
    """

    field: str
    broken: Callable[[ModelSpec], bool]
    reason: Callable[[ModelSpec], str]

    def check(self, spec: ModelSpec) -> None:
        """Raises SpecError if `spec` breaks the rule."""
        if self.broken(spec):
            raise SpecError(self.field, self.reason(spec))


def _width(spec: ModelSpec) -> int:
    """Features of the states that attention reads."""
    doubled = spec.bidirectional and spec.recurrent and not spec.writes
    return spec.units * (2 if doubled else 1)


def _shared_by_heads(spec: ModelSpec) -> bool:
    return spec.attention == "multi_head" or spec.cell == "transformer"


def _divisors(number: int) -> str:
    return ", ".join(str(n) for n in range(1, number + 1) if number % n == 0)


def _without_regions(spec: ModelSpec) -> bool:
    """Whether a decoder starts from an input that has no parts to attend to."""
    return spec.mode == "one_to_many" and spec.input != "image"


def _embeds_output(spec: ModelSpec) -> bool:
    return spec.head in ("tokens", "next_token")


MODE_RULES = (
    Rule(
        "input",
        lambda s: s.input not in INPUTS_OF[s.mode],
        lambda s: (
            f"{s.mode} does not accept input {s.input}; choose {', '.join(INPUTS_OF[s.mode])}"
        ),
    ),
    Rule(
        "head",
        lambda s: s.head not in HEADS_OF[s.mode],
        lambda s: f"{s.mode} has no head {s.head}; choose {', '.join(HEADS_OF[s.mode])}",
    ),
    Rule(
        "head",
        lambda s: s.head == "next_token" and s.input != "tokens",
        lambda s: (
            f"next_token predicts tokens from earlier tokens, and input {s.input} has no tokens;"
            " choose labels, crf"
        ),
    ),
    Rule(
        "cell",
        lambda s: s.mode == "one_to_one" and s.cell != "none",
        lambda s: (
            f"one_to_one is a feed-forward network, which has no sequence for {s.cell} to process;"
            " choose none"
        ),
    ),
    Rule(
        "cell",
        lambda s: s.mode != "one_to_one" and s.cell == "none",
        lambda s: f"{s.mode} needs a cell to process its sequence; choose {ALL_CELLS}",
    ),
    Rule(
        "bidirectional",
        lambda s: s.bidirectional and s.mode == "one_to_one",
        lambda s: "one_to_one has no sequence to read backwards; set bidirectional=0",
    ),
    Rule(
        "bidirectional",
        lambda s: s.bidirectional and s.mode == "one_to_many",
        lambda s: "a decoder cannot read tokens it has not generated yet; set bidirectional=0",
    ),
    Rule(
        "bidirectional",
        lambda s: s.bidirectional and s.head == "next_token",
        lambda s: "a bidirectional network has already seen the next token; set bidirectional=0",
    ),
    Rule(
        "pooling",
        lambda s: s.pooling != "last" and s.mode != "many_to_one",
        lambda s: f"only many_to_one pools its states, {s.mode} does not; choose last",
    ),
)

ATTENTION_RULES = (
    Rule(
        "attention",
        lambda s: s.attention != "none" and s.mode == "one_to_one",
        lambda s: "one_to_one has no steps to attend to; choose none",
    ),
    Rule(
        "attention",
        lambda s: s.attention != "none" and s.head == "ctc",
        lambda s: "ctc labels the steps of the encoder and has no decoder to attend; choose none",
    ),
    Rule(
        "attention",
        lambda s: s.cell == "transformer" and s.mode == "many_to_many" and s.attention != "none",
        lambda s: "the transformer already attends in every layer; choose none",
    ),
    Rule(
        "attention",
        lambda s: s.cell == "transformer" and s.writes and s.attention != "multi_head",
        lambda s: (
            f"the transformer's decoder uses multi_head attention over its input, not"
            f" {s.attention}; choose multi_head"
        ),
    ),
    Rule(
        "attention",
        lambda s: _without_regions(s) and s.recurrent and s.attention != "none",
        lambda s: f"a {s.input} has no regions to attend to; only an image has; choose none",
    ),
    Rule(
        "attention_heads",
        lambda s: _shared_by_heads(s) and _width(s) % s.attention_heads != 0,
        lambda s: (
            f"{_width(s)} units cannot be split evenly among {s.attention_heads} heads;"
            f" choose {_divisors(_width(s))}"
        ),
    ),
)

LAYER_RULES = (
    Rule(
        "residual",
        lambda s: s.residual and s.cell == "transformer",
        lambda s: "the transformer has its own residual connections; set residual=0",
    ),
    Rule(
        "residual",
        lambda s: s.residual and s.layers == 1,
        lambda s: "needs at least two layers; set layers=2 or more, or residual=0",
    ),
    Rule(
        "layer_norm",
        lambda s: s.layer_norm and s.cell == "transformer",
        lambda s: "the transformer already normalises in every layer; set layer_norm=0",
    ),
    Rule(
        "variational",
        lambda s: s.variational and not s.recurrent,
        lambda s: f"cell={s.cell} has no recurrent state to apply dropout to; set variational=0",
    ),
    Rule(
        "variational",
        lambda s: s.variational and not s.dropout,
        lambda s: "has no effect without dropout; set dropout=0.3 or variational=0",
    ),
    Rule(
        "time_checkpoint",
        lambda s: s.time_checkpoint > 0 and not s.recurrent,
        lambda s: f"cell={s.cell} has no recurrence to recompute; set time_checkpoint=0",
    ),
    Rule(
        "ngrams",
        lambda s: s.ngrams > 1 and s.input != "tokens",
        lambda s: f"input {s.input} has no tokens to form n-grams from; set ngrams=1",
    ),
    Rule(
        "token_dropout",
        lambda s: s.token_dropout > 0 and s.input != "tokens",
        lambda s: f"input {s.input} has no tokens to drop; set token_dropout=0",
    ),
    Rule(
        "convolution",
        lambda s: s.convolution > 0 and s.input != "features",
        lambda s: f"goes along the steps of features, and {s.input} has none; set convolution=0",
    ),
    Rule(
        "convolution",
        lambda s: s.convolution > 0 and s.mode == "many_to_many",
        lambda s: "leaves fewer steps than there are labels; set convolution=0",
    ),
    Rule(
        "augmentation",
        lambda s: s.augmentation > 0 and s.input not in AUGMENTED,
        lambda s: (
            f"there is a way to change {', '.join(AUGMENTED)} at random, and none for {s.input};"
            " set augmentation=0"
        ),
    ),
)

DECODER_RULES = (
    Rule(
        "input_feeding",
        lambda s: s.input_feeding and not s.writes,
        lambda s: f"{s.mode} with head {s.head} has no decoder; set input_feeding=0",
    ),
    Rule(
        "input_feeding",
        lambda s: s.input_feeding and s.cell == "transformer",
        lambda s: "the transformer processes all steps at once; set input_feeding=0",
    ),
    Rule(
        "input_feeding",
        lambda s: s.input_feeding and _without_regions(s),
        lambda s: f"a {s.input} has no regions to attend to; set input_feeding=0",
    ),
    Rule(
        "input_feeding",
        lambda s: s.input_feeding and s.attention == "none",
        lambda s: (
            "without attention there is no attentional state to feed; set attention=dot, additive"
            " or multi_head, or input_feeding=0"
        ),
    ),
    Rule(
        "tie_embeddings",
        lambda s: s.tie_embeddings and not _embeds_output(s),
        lambda s: f"head {s.head} generates no tokens to embed; set tie_embeddings=0",
    ),
    Rule(
        "copy",
        lambda s: s.copy and not s.writes,
        lambda s: f"{s.mode} with head {s.head} has no decoder; set copy=0",
    ),
    Rule(
        "copy",
        lambda s: s.copy and s.input != "tokens",
        lambda s: f"only tokens can be copied, and input {s.input} has none; set copy=0",
    ),
    Rule(
        "copy",
        lambda s: s.copy and s.attention == "none",
        lambda s: (
            "copying needs attention to select the source token; set attention=dot, additive or"
            " multi_head, or copy=0"
        ),
    ),
    Rule(
        "teacher_forcing",
        lambda s: s.teacher_forcing < 1 and not s.writes,
        lambda s: (
            f"only head tokens has a decoder that can read its own output, head {s.head} has not;"
            " set teacher_forcing=1"
        ),
    ),
)

RULES = MODE_RULES + ATTENTION_RULES + LAYER_RULES + DECODER_RULES
