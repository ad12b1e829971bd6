"""Which way a metric is better, as whoever computes it declares."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

VARIANTS = ("val_", "teacher_forced_")
"""Prefixes of the same metric, measured on other examples or in another way."""

GAP = "exposure_bias_gap_"
"""Prefix of a difference between two variants of a metric: the smaller, the better."""


BOUNDS = ("_low", "_high")
"""Suffixes of the ends of a metric's interval, which are the better where the metric is."""


class UndeclaredMetric(KeyError):
    """A metric was asked for that nobody declares."""

    def __str__(self) -> str:
        return self.args[0]  # a KeyError would put it in quotes


@dataclass(frozen=True)
class Metric:
    """A metric, or all whose name fits a pattern.

    Attributes:
        name: of the metric, or a pattern of `fnmatch` such as `lag_*_error`.
        better: which of two values is the better one.
    """

    name: str
    better: Literal["larger", "smaller"]

    @property
    def smaller_is_better(self) -> bool:
        """Whether the smaller of two values is the better one."""
        return self.better == "smaller"

    def is_better(self, value: float, other: float, *, or_equal: bool = False) -> bool:
        """Whether one value is better than another; NaN neither is nor has a better one."""
        if value == other:
            return or_equal
        return value < other if self.smaller_is_better else value > other


LOSS = Metric("loss", "smaller")


class Directions:
    """Looks up metrics by name among those that an output declares, and the loss.

    Args:
        *declared: the metrics; of several that fit a name the first one counts.
    """

    def __init__(self, *declared: Metric):
        self.declared = (*declared, LOSS)

    def metric(self, name: str) -> Metric:
        """The metric of that name, which may have a prefix such as `val_`, or a bound of it.

        Raises:
            UndeclaredMetric: nobody declares it.
        """
        base, is_gap = _split(name)
        for declared in self.declared:
            if fnmatchcase(base, declared.name):
                return Metric(name, "smaller" if is_gap else declared.better)
        known = ", ".join(metric.name for metric in self.declared)
        raise UndeclaredMetric(f"metric '{name}' is not declared; declared are {known}.")

    def better(self, name: str, value: float, other: float, *, or_equal: bool = False) -> bool:
        """Whether one value of a metric is better than another, as `Metric.is_better`.

        Raises:
            UndeclaredMetric: nobody declares it.
        """
        return self.metric(name).is_better(value, other, or_equal=or_equal)


def _split(name: str) -> tuple[str, bool]:
    """The name without its prefixes and suffixes, and whether it is that of a gap."""
    is_gap = False
    while prefix := next((p for p in (*VARIANTS, GAP) if name.startswith(p)), ""):
        name = name.removeprefix(prefix)
        is_gap |= prefix == GAP
    for bound in BOUNDS:
        name = name.removesuffix(bound)
    return name, is_gap


def larger(*names: str) -> tuple[Metric, ...]:
    """Metrics that are the better the larger they are."""
    return tuple(Metric(name, "larger") for name in names)


def smaller(*names: str) -> tuple[Metric, ...]:
    """Metrics that are the better the smaller they are."""
    return tuple(Metric(name, "smaller") for name in names)
