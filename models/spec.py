"""What a network is made of, in the field's words, and which combinations make sense.

Imports nothing heavy, so that a wrong setting is answered before TensorFlow is loaded.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

MODES = ("one_to_one", "one_to_many", "many_to_one", "many_to_many", "encoder_decoder")
CELLS = ("simple_rnn", "lstm", "gru")
ATTENTIONS = ("none", "dot", "additive", "multi_head")
POOLINGS = ("last", "mean", "max")


class SpecError(ValueError):
    """A setting that cannot be: names the field, the reason and the way out in one line.

    Attributes:
        field: name of the offending setting.
    """

    def __init__(self, field: str, reason: str):
        super().__init__(f"{field}: {reason}")
        self.field = field


def setting(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    below: float | None = None,
) -> Any:
    """A dataclass field that carries its own constraints, so that they are stated once.

    Args:
        default: value where nobody says otherwise.
        help: one line for people.
        choices: the only values allowed; empty means any of the type.
        low: least value allowed.
        high: greatest value allowed.
        below: first value that is too large (an open upper bound).

    Returns:
        The `dataclasses.field`.
    """
    constraints = {"help": help, "choices": choices, "low": low, "high": high, "below": below}
    return dataclasses.field(default=default, metadata=constraints)


def check_field(field: dataclasses.Field[Any], value: Any) -> None:
    """Checks one value against the constraints of its field.

    Raises:
        SpecError: the value is not among the choices, no finite number or outside the bounds.
    """
    rules = field.metadata
    if rules["choices"] and value not in rules["choices"]:
        raise SpecError(field.name, f"'{value}' is not one of {', '.join(rules['choices'])}")
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(field.name, f"{value} is not a finite number")
    if rules["low"] is not None and value < rules["low"]:
        raise SpecError(field.name, f"{value} is too small, the least is {rules['low']}")
    if rules["high"] is not None and value > rules["high"]:
        raise SpecError(field.name, f"{value} is too large, the most is {rules['high']}")
    if rules["below"] is not None and value >= rules["below"]:
        raise SpecError(field.name, f"{value} is too large, it must be below {rules['below']}")


@dataclass(frozen=True)
class ModelSpec:
    """A recurrent network, apart from what it is used for."""

    mode: str = setting("many_to_one", "how inputs map to outputs", choices=MODES)
    cell: str = setting("lstm", "the recurrent cell", choices=CELLS)
    bidirectional: bool = setting(False, "read the sequence in both directions")
    attention: str = setting(
        "none", "attention pooling over the states, in place of `pooling`", choices=ATTENTIONS
    )
    attention_heads: int = setting(4, "heads of multi_head attention", low=1)
    pooling: str = setting(
        "last", "how the states become one vector where attention is none", choices=POOLINGS
    )
    layers: int = setting(1, "recurrent layers on top of each other", low=1, high=16)
    units: int = setting(64, "units of each layer and direction", low=1)
    residual: bool = setting(False, "add a layer's input to its output, from the second layer on")
    embedding_dim: int = setting(64, "width of the token embedding", low=1)
    token_dropout: float = setting(
        0.0, "share of tokens that training takes for unknown ones", low=0.0, below=1.0
    )
    dropout: float = setting(
        0.3, "dropout of embeddings, between layers and before the head", low=0.0, below=1.0
    )
    l1: float = setting(0.0, "L1 penalty on input and recurrent kernels", low=0.0)
    l2: float = setting(0.0, "L2 penalty on input and recurrent kernels", low=0.0)

    def validate(self) -> None:
        """Refuses what makes no sense.

        Raises:
            SpecError: names the field, the reason and the way out.
        """
        for field in dataclasses.fields(self):
            check_field(field, getattr(self, field.name))
        width = self.units * (2 if self.bidirectional else 1)
        if self.attention == "multi_head" and width % self.attention_heads:
            raise SpecError(
                "attention_heads",
                f"{self.attention_heads} heads cannot share the {width} units of a state evenly;"
                " choose a divisor",
            )
        if self.residual and self.layers == 1:
            raise SpecError("residual", "needs a second layer to lead around; set layers=2 or more")
