"""The settings of a network.

Imports nothing heavy, so that wrong settings are rejected before TensorFlow is loaded. Valid
combinations are defined in `models.spec.rules`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.spec.settings import check_field, setting

MODES = ("one_to_one", "one_to_many", "many_to_one", "many_to_many", "encoder_decoder")
RECURRENT = ("simple_rnn", "lstm", "gru")
CELLS = ("none", *RECURRENT, "transformer")
ATTENTIONS = ("none", "dot", "additive", "multi_head")
POOLINGS = ("last", "mean", "max")
INPUTS = ("tokens", "features", "rows", "frames", "vector", "category", "image")
HEADS = (
    *("classes", "tags", "values", "quantiles"),  # one output for the whole sequence
    *("labels", "crf", "next_token"),  # an output at each step
    *("tokens", "ctc"),  # a sequence of a different length
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
    """A network, independent of its task.

    `ModelSpec.of(mode)` begins with the defaults of a mode.
    """

    mode: str = setting("many_to_one", "how inputs map to outputs", choices=MODES)
    input: str = setting("tokens", "kind of input", choices=INPUTS)
    head: str = setting("classes", "kind of output", choices=HEADS)
    cell: str = setting("lstm", "recurrent cell, or the transformer instead", choices=CELLS)
    bidirectional: bool = setting(False, "read the sequence in both directions")
    attention: str = setting(
        "none",
        "attention pooling over the states (many_to_one), attention over the other steps"
        " (many_to_many), or decoder attention over the input",
        choices=ATTENTIONS,
    )
    attention_heads: int = setting(4, "heads of multi_head attention", low=1)
    pooling: str = setting(
        "last", "how the states are pooled into one vector if attention is none", choices=POOLINGS
    )
    layers: int = setting(1, "number of stacked layers", low=1, high=16)
    units: int = setting(64, "units per layer and direction", low=1)
    residual: bool = setting(False, "add a layer's input to its output, from the second layer on")
    layer_norm: bool = setting(False, "normalise the output of each layer over its features")
    embedding_dim: int = setting(64, "width of the token embedding", low=1)
    filters: int = setting(
        16, "filters of the first convolution over images, frames or characters", low=1
    )
    ngrams: int = setting(
        1,
        "longest n-gram of tokens that is embedded (hashed) with each token; 1 for none",
        low=1,
        high=8,
    )
    token_dropout: float = setting(
        0.0, "share of tokens replaced by the unknown token in training", low=0.0, below=1.0
    )
    convolution: int = setting(
        0,
        "convolutions over the steps of features before the first layer, each of which halves"
        " their number; 0 for none",
        low=0,
        high=8,
    )
    augmentation: float = setting(
        0.0,
        "how strongly training changes images, rows and features at random; 0 for none",
        low=0.0,
    )
    dropout: float = setting(
        0.3,
        "dropout rate after the embedding, between layers and before the head",
        low=0.0,
        below=1.0,
    )
    variational: bool = setting(
        False, "use one dropout mask for all steps of an example, also on the recurrent state"
    )
    l1: float = setting(0.0, "L1 penalty on the kernels of the layers", low=0.0)
    l2: float = setting(0.0, "L2 penalty on the kernels of the layers", low=0.0)
    input_feeding: bool = setting(
        False, "the decoder also reads its last attentional state (Luong et al. 2015)"
    )
    tie_embeddings: bool = setting(False, "share one matrix between output embedding and softmax")
    copy: bool = setting(False, "let the decoder copy tokens of the input (pointer-generator)")
    teacher_forcing: float = setting(
        1.0,
        "share of training steps in which the decoder reads the true previous token; in the"
        " others it reads its own",
        low=0.0,
        high=1.0,
    )
    time_checkpoint: int = setting(
        0,
        "steps between the states kept for the backward pass; the others are recomputed, which"
        " saves memory on long sequences; 0 keeps all",
        low=0,
    )

    @classmethod
    def of(cls, mode: str, **changes: Any) -> ModelSpec:
        """The spec of a mode: its defaults with some changes.

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
        """Whether a decoder generates a sequence, token by token."""
        return self.head == "tokens"

    def validate(self) -> None:
        """Rejects invalid settings and combinations.

        Raises:
            SpecError: names the setting, the reason and the valid choices.
        """
        from models.spec.rules import RULES

        for field in dataclasses.fields(self):
            check_field(field, getattr(self, field.name))
        for rule in RULES:
            rule.check(self)
