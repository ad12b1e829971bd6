"""Fields of settings that carry their own constraints. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import math
from typing import Any


class SpecError(ValueError):
    """An invalid setting: names the field, the reason and the valid choices in one line.

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
        default: the default value.
        help: one line of help.
        choices: the only values allowed; empty means any of the type.
        low: least value allowed.
        high: greatest value allowed.
        below: first value that is too large (an open upper bound).

    Returns:
        The `dataclasses.field`.
    """
    constraints = {"help": help, "choices": choices, "low": low, "high": high, "below": below}
    return dataclasses.field(default=default, metadata=constraints)


KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a word",
}


def check_field(field: dataclasses.Field[Any], value: Any) -> None:
    """Checks one value against the constraints of its field.

    Raises:
        SpecError: the value is of another type than the default, not among the choices, no finite
            number or outside the bounds.
    """
    rules = field.metadata
    kind = type(field.default)
    if not _is_a(kind, value):
        raise SpecError(field.name, f"{value!r} is not {KINDS[kind]}")
    if rules["choices"] and value not in rules["choices"]:
        raise SpecError(field.name, f"'{value}' is not one of {', '.join(rules['choices'])}")
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(field.name, f"{value} is not a finite number")
    if rules["low"] is not None and value < rules["low"]:
        raise SpecError(field.name, f"{value} is too small; the minimum is {rules['low']}")
    if rules["high"] is not None and value > rules["high"]:
        raise SpecError(field.name, f"{value} is too large; the maximum is {rules['high']}")
    if rules["below"] is not None and value >= rules["below"]:
        raise SpecError(field.name, f"{value} is too large; it must be below {rules['below']}")


def _is_a(kind: type, value: Any) -> bool:
    """Whether a value has the type of the default; an integer counts as a float."""
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind
