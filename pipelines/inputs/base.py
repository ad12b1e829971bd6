"""The base class of input declarations."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from pipelines.config import Config
    from pipelines.data.examples import Column, Columns
    from pipelines.inputs.fitted.base import FittedInput


@dataclass(frozen=True)
class Measured:
    """Lengths of the inputs of a split, and their tokens.

    Attributes:
        lengths: of each example in steps, uncut, int64 `[n]`.
        tokens: how often each token occurs; None where the steps are not tokens.
    """

    lengths: np.ndarray
    tokens: Mapping[str, int] | None = None


class Input:
    """Declares how a raw input is read. Stateless, and imports nothing heavy.

    Attributes:
        kinds: which of `models.spec.INPUTS` it can be, the preferred ones first.
        fitted: module and class of `pipelines.inputs.fitted` that encodes it.
    """

    kinds: ClassVar[tuple[str, ...]]
    fitted: ClassVar[str]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its raw columns."""
        raise NotImplementedError

    def fit(self, train: Columns, config: Config) -> FittedInput:
        """Learns from the training split."""
        return self._class().fit(self, train, config)

    def load(self, folder: Path, config: Config) -> FittedInput:
        """Reads what `FittedInput.save` wrote."""
        return self._class().load(self, folder, config)

    def request(self, text: str) -> dict[str, Any]:
        """A raw request from the text given on the command line.

        Raises:
            UserError: it is not one, such as a file that does not exist.
        """
        raise NotImplementedError

    def describe(self, columns: Mapping[str, Any], row: int) -> str:
        """One example on one line."""
        raise NotImplementedError

    def draw(self, columns: Columns, rows: Sequence[int], titles: Sequence[str]) -> Figure | None:
        """A figure of some examples; None where text shows them better."""
        return None

    def _class(self) -> Any:
        module, name = self.fitted.split(":")
        return getattr(importlib.import_module(f"pipelines.inputs.fitted.{module}"), name)


def requested_file(text: str, hint: str = "") -> Path:
    """The existing file that a request names.

    Args:
        text: its path.
        hint: what to write instead, for the message.

    Raises:
        UserError: there is no such file.
    """
    path = Path(text).expanduser()
    if not path.is_file():
        raise UserError(f"INPUT: there is no file '{path}'{hint}.")
    return path
