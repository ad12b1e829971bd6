"""Sizes of outputs that depend on the batch, and how outputs are cut to the size of a request.

The longest row of a batch determines such a size, so that a response from a merged batch may be
padded to the longest row of another request. It is cut if the `axes` of the export's card define
the axes of the outputs:

    {"serving_default": {"output_tokens": ["written"], "attention": ["written", "steps"],
                         "tokens": ["steps"]}}

for each output of variable inner size the names of its inner axes in order, null for a fixed one.
An axis is measured by outputs of strings `[batch, axis]`, which are empty after the end of a row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pipelines.serving.server.messages import Arrays
from pipelines.serving.server.tensors import Spec

AxisNames = Mapping[str, Sequence[str | None]]
"""Output -> the names of its inner axes."""

DEFAULT_OUTPUTS = ("tokens", "attention")
"""Outputs whose last axis are the steps of the input, in exports without names of axes."""


@dataclasses.dataclass(frozen=True)
class Axis:
    """A variable size of the outputs of a signature.

    Attributes:
        rulers: the outputs of strings `[batch, axis]` that measure it.
        places: the outputs that have it, each with the dimension.
    """

    rulers: tuple[str, ...]
    places: tuple[tuple[str, int], ...]

    def padded_length(self, outputs: Arrays) -> int:
        """The padded size of the axis."""
        return outputs[self.rulers[0]].shape[1]

    def length(self, outputs: Arrays) -> int:
        """The length of the longest row."""
        return max(_longest_row(outputs[ruler]) for ruler in self.rulers)


def find_axes(names: AxisNames, specs: Mapping[str, Spec]) -> tuple[Axis, ...] | None:
    """The axes of a signature.

    Args:
        names: of the export.
        specs: of the outputs.

    Returns:
        None if a variable inner size has no name, or no output measures it.
    """
    free = {output: spec for output, spec in specs.items() if has_free_size(spec)}
    if not all(_names_fit(names.get(output, ()), spec) for output, spec in free.items()):
        return None
    named = {name for output in free for name in names[output] if name is not None}
    axes = tuple(_axis(name, names, free) for name in sorted(named))
    return axes if all(axis.rulers for axis in axes) else None


def default_names(specs: Mapping[str, Spec]) -> AxisNames:
    """The names for an export without any."""
    return {
        output: [*[None] * (len(specs[output].shape or ()) - 2), "steps"]
        for output in DEFAULT_OUTPUTS
        if output in specs
    }


def cut_axes(outputs: Arrays, axes: Iterable[Axis]) -> dict[str, np.ndarray]:
    """The outputs without padding that is common to all rows."""
    shortened = dict(outputs)
    for axis in axes:
        length, padded_length = axis.length(outputs), axis.padded_length(outputs)
        for output, dimension in axis.places:
            array = shortened[output]
            if array.shape[dimension] == padded_length:
                shortened[output] = array[(slice(None),) * dimension + (slice(length),)]
    return shortened


def has_free_size(spec: Spec) -> bool:
    """Whether the rank, or a size other than that of the batch, is variable."""
    return spec.shape is None or None in spec.shape[1:]


def _names_fit(names: Sequence[str | None], spec: Spec) -> bool:
    if spec.shape is None or len(names) != len(spec.shape) - 1:
        return False
    sizes = zip(names, spec.shape[1:], strict=True)
    return all((name is None) == (size is not None) for name, size in sizes)


def _axis(name: str, names: AxisNames, free: Mapping[str, Spec]) -> Axis:
    places = tuple(
        (output, dimension)
        for output in free
        for dimension, each in enumerate(names[output], start=1)
        if each == name
    )
    rulers = (output for output, _ in places if _is_ruler(free[output]))
    return Axis(tuple(rulers), places)


def _is_ruler(spec: Spec) -> bool:
    return spec.dtype.kind == "O" and spec.shape == (None, None)


def _longest_row(strings: np.ndarray) -> int:
    """Number of columns up to the last non-empty one; strings `[rows, columns]`."""
    filled = np.flatnonzero((strings != b"").any(axis=0))
    return int(filled[-1]) + 1 if filled.size else 0
