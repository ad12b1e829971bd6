"""Float sequences: readings of sensors, acoustic features, generated sequences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.data.examples import Column
from pipelines.inputs.base import Input, requested_file
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.data.examples import Columns


@dataclass(frozen=True)
class Steps(Input):
    """Steps of float features in the raw column `steps`, `[time, width]` per example.

    Attributes:
        column: kind of the raw column: `steps`, or `readings`, which are long and cut to windows.
        width: features of a step that is used unscaled; 0 where the data determine the number of
            features and their scale is learned.
        vectors: whether the features are vectors in space, three by three and along the same axes,
            as acceleration and angular velocity are; they are not where their number does not allow
            it.
    """

    column: str = "steps"
    width: int = 0
    vectors: bool = False
    kinds: ClassVar[tuple[str, ...]] = ("features",)
    fitted: ClassVar[str] = "steps:FittedSteps"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The steps."""
        return (Column("steps", self.column, aliases=("features", "readings")),)

    def request(self, text: str) -> dict[str, Any]:
        """Steps written as JSON, or the array of a NumPy file.

        Raises:
            UserError: it is neither.
        """
        if text.strip().lower().endswith(".npy"):
            return read_array(text.strip())
        import numpy as np

        try:
            steps = np.array(json.loads(text), np.float32)
        except (ValueError, TypeError):
            steps = np.zeros((0, 0), np.float32)
        usable = steps.ndim == 2 and steps.size and np.isfinite(steps).all()
        if not usable or self.width not in (0, steps.shape[-1]):
            numbers = f"{self.width} numbers" if self.width else "numbers, all of one length"
            raise UserError(
                f"INPUT: '{text[:40]}' is neither a .npy file nor a JSON list of steps, each a list"
                f" of {numbers}, such as [[0.3, 1], [0.9, 0], [0.5, 1]]."
            )
        return {"steps": steps, "lengths": np.int32(len(steps))}

    def describe(self, columns: Mapping[str, Any], row: int) -> str:
        """The number of steps."""
        return f"{len(columns['steps'][row]):,} steps"

    def draw(self, columns: Columns, rows: Sequence[int], titles: Sequence[str]) -> Figure | None:
        """The features of each example over its steps."""
        from pipelines.evaluation import figures

        return figures.series([columns["steps"][row] for row in rows], titles)


def read_array(text: str) -> dict[str, Any]:
    """The steps of a NumPy file: `steps`, float32 `[steps, width]`, and `lengths`.

    Args:
        text: path of the file.

    Raises:
        UserError: there is no such file, or it is not a matrix of steps.
    """
    import numpy as np

    path = requested_file(text)
    try:
        steps = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"INPUT: {path} is not a NumPy file: {error}.") from None
    if getattr(steps, "ndim", 0) != 2:
        raise UserError(f"INPUT: {path} must hold one array of steps and features.")
    return {"steps": steps.astype(np.float32), "lengths": len(steps)}
