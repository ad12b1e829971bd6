"""What a network is made of, in the field's words.

Imports nothing heavy, so that a wrong setting is answered before TensorFlow is loaded. Which
combinations make sense is said in `models.rules`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.settings import check_field, setting

MODES = ("one_to_one", "one_to_many", "many_to_one", "many_to_many", "encoder_decoder")
RECURRENT = ("simple_rnn", "lstm", "gru")
CELLS = ("none", *RECURRENT, "transformer")
ATTENTIONS = ("none", "dot", "additive", "multi_head")
POOLINGS = ("last", "mean", "max")
INPUTS = ("tokens", "features", "rows", "frames", "vector", "category", "image")
HEADS = (
    *("classes", "tags", "values", "quantiles"),  # one answer about the whole
    *("labels", "crf", "next_token"),  # an answer for each step
    *("tokens", "ctc"),  # a sequence of its own length
)

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "one_to_one": {"cell": "none", "input": "vector"},
    "one_to_many": {"input": "vector", "head": "tokens"},
    "many_to_one": {},
    "many_to_many": {"head": "labels"},
    "encoder_decoder": {"head": "tokens"},
}
"""Where a mode's own defaults differ from the general ones."""


@dataclass(frozen=True)
class ModelSpec:
    """A network, apart from what it is used for.

    `ModelSpec.of(mode)` begins with the defaults of a mode.
    """

    mode: str = setting("many_to_one", "how inputs map to outputs", choices=MODES)
    input: str = setting("tokens", "what kind of input is read", choices=INPUTS)
    head: str = setting("classes", "what kind of answer is given", choices=HEADS)
    cell: str = setting(
        "lstm", "the recurrent cell, or the transformer in its place", choices=CELLS
    )
    bidirectional: bool = setting(False, "read the sequence in both directions")
    attention: str = setting(
        "none",
        "pooling over the states (many_to_one), over the states of the other steps (many_to_many)"
        " or over what the decoder reads",
        choices=ATTENTIONS,
    )
    attention_heads: int = setting(4, "heads of multi_head attention", low=1)
    pooling: str = setting(
        "last", "how the states become one vector where attention is none", choices=POOLINGS
    )
    layers: int = setting(1, "layers on top of each other", low=1, high=16)
    units: int = setting(64, "units of each layer and direction", low=1)
    residual: bool = setting(False, "add a layer's input to its output, from the second layer on")
    layer_norm: bool = setting(False, "normalise the output of each layer over its features")
    embedding_dim: int = setting(64, "width of the token embedding", low=1)
    filters: int = setting(
        16, "filters of the first convolution of images and frames, or of that of characters", low=1
    )
    ngrams: int = setting(
        1,
        "longest n-gram of tokens that is embedded (hashed) beside each token; 1 for none",
        low=1,
        high=8,
    )
    token_dropout: float = setting(
        0.0, "share of tokens that training takes for unknown ones", low=0.0, below=1.0
    )
    dropout: float = setting(
        0.3, "dropout of embeddings, between layers and before the head", low=0.0, below=1.0
    )
    variational: bool = setting(
        False, "one dropout mask for all steps of an example, on the recurrent state too"
    )
    l1: float = setting(0.0, "L1 penalty on the kernels of the layers", low=0.0)
    l2: float = setting(0.0, "L2 penalty on the kernels of the layers", low=0.0)
    input_feeding: bool = setting(
        False, "the decoder reads its last attentional state beside its last token"
    )
    tie_embeddings: bool = setting(False, "one matrix embeds the written tokens and scores them")
    copy: bool = setting(False, "the decoder may copy tokens of what it reads (pointer-generator)")
    teacher_forcing: float = setting(
        1.0,
        "share of steps that read the true token before them in training; the others read the"
        " network's own",
        low=0.0,
        high=1.0,
    )
    time_checkpoint: int = setting(
        0,
        "steps between the states kept for the backward pass, the rest computed again: memory for"
        " time in long sequences; 0 keeps all",
        low=0,
    )

    @classmethod
    def of(cls, mode: str, **changes: Any) -> ModelSpec:
        """The spec of a mode, its own defaults under some changes.

        Args:
            mode: one of `MODES`.
            **changes: other fields.
        """
        fields: dict[str, Any] = {"mode": mode, **DEFAULTS.get(mode, {}), **changes}
        return cls(**fields)

    @property
    def recurrent(self) -> bool:
        """Whether there is a recurrence that carries a state from step to step."""
        return self.cell in RECURRENT

    @property
    def writes(self) -> bool:
        """Whether a decoder writes a sequence, token by token."""
        return self.head == "tokens"

    def validate(self) -> None:
        """Refuses what makes no sense.

        Raises:
            SpecError: names the field, the reason and the way out.
        """
        from models.rules import RULES

        for field in dataclasses.fields(self):
            check_field(field, getattr(self, field.name))
        for rule in RULES:
            rule.check(self)
