"""Recordings, or acoustic features that were computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.data.examples import Column
from pipelines.inputs.base import Input, requested_file
from pipelines.inputs.steps import read_array
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.data.examples import Columns
    from pipelines.inputs.fitted.base import FittedInput


@dataclass(frozen=True)
class Audio(Input):
    """The bytes of WAV files in the raw column `audio`, or features of them in `steps`."""

    kinds: ClassVar[tuple[str, ...]] = ("features",)
    fitted: ClassVar[str] = "audio:LogMel"
    width: ClassVar[int] = 0
    vectors: ClassVar[bool] = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """A recording, or features of one."""
        return (
            Column("audio", "audio", True, ("file", "path", "wav", "audio_filepath")),
            Column("steps", "steps", True, ("features",)),
        )

    def fit(self, train: Columns, config: Config) -> FittedInput:
        """Learns the scale of the training split.

        Raises:
            UserError: the examples have neither recordings nor features.
        """
        from pipelines.inputs.fitted.audio import LogMel
        from pipelines.inputs.fitted.steps import FittedSteps

        if "audio" in train:
            return LogMel.fit(self, train, config)
        if "steps" in train:
            return FittedSteps.fit(self, train, config)
        raise UserError(
            "the data have neither recordings (a column audio) nor features (a column steps)."
        )

    def request(self, text: str) -> dict[str, Any]:
        """The bytes of a WAV file, or the features of a NumPy file.

        Raises:
            UserError: there is no such file, or it is neither.
        """
        path = requested_file(text, "; write INPUT=recording.wav")
        if path.suffix.lower() == ".npy":
            return read_array(str(path))
        from pipelines.data import waves

        content = path.read_bytes()
        try:
            waves.header(content)
        except ValueError as error:
            raise UserError(f"INPUT: {path} cannot be read: {error}. {waves.WAY_OUT}") from None
        return {"audio": content}

    def describe(self, columns: Mapping[str, Any], row: int) -> str:
        """The length of the example."""
        if "audio" not in columns:
            return f"{len(columns['steps'][row]):,} steps"
        from pipelines.data import waves

        sound = waves.header(columns["audio"][row])
        return f"{sound.samples / sound.rate:.1f} s of sound"
