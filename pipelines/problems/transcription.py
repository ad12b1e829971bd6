"""A recording -> what was said in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import UserError
from pipelines.task import Column, Evaluation, Outputs

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.features.transcripts import TranscriptFeatures


@dataclass(frozen=True)
class Transcription:
    """The problem of the tasks that write down what was said.

    Attributes:
        unit: what a symbol of a transcript is called; symbols have a blank between.
    """

    unit: str = "word"

    @property
    def columns(self) -> tuple[Column, ...]:
        """A recording or features of one, what was said, and perhaps who said it."""
        return (
            Column("audio", "audio", True, ("file", "path", "wav", "audio_filepath")),
            Column("features", "features", optional=True),
            Column("target", "target", aliases=("text", "transcript", "transcription", "label")),
            Column("speaker", "group", True, ("speaker_id",)),
        )

    @property
    def formats(self) -> tuple[str, ...]:
        """A folder of recordings with a manifest."""
        return ("recordings",)

    def fit(self, examples: Examples, config: Config) -> TranscriptFeatures:
        """Learns the symbols and the scale of the inputs of the training split."""
        from pipelines.features import transcripts

        return transcripts.fit(examples, config)

    def load(self, folder: Path, config: Config) -> TranscriptFeatures:
        """Features as they were saved with a run."""
        from pipelines.features import transcripts

        return transcripts.load(folder, config)

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        from pipelines.problems.transcription_card import transcription_card

        return transcription_card(examples, features, config, f"{self.unit}s")

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """None: nothing simple hears."""
        del examples
        return {}

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """Error rates of what was written, free and after true symbols; figures and mistakes."""
        from pipelines.problems.transcription_report import report

        del labels, baselines
        return report(self.unit, outputs, columns)

    def request(self, given: str) -> dict[str, Any]:
        """The bytes of a WAV file, or the features of a NumPy file.

        Raises:
            UserError: there is no such file, or it is neither.
        """
        path = Path(given).expanduser()
        if not path.is_file():
            raise UserError(f"INPUT: there is no file '{path}'; say INPUT=recording.wav.")
        if path.suffix.lower() == ".npy":
            return _features(path)
        from pipelines import waves

        content = path.read_bytes()
        try:
            waves.header(content)
        except ValueError as error:
            raise UserError(f"INPUT: {path} cannot be read: {error}. {waves.WAY_OUT}") from None
        return {"audio": content}

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """What was said, its log-probability, and at which step each symbol was heard."""
        from pipelines.problems.transcription_report import shown

        del raw
        return shown(outputs)


def _features(path: Path) -> dict[str, Any]:
    """The features of a NumPy file, float32 `[steps, width]`."""
    import numpy as np

    try:
        features = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"INPUT: {path} is no NumPy file: {error}.") from None
    if getattr(features, "ndim", 0) != 2:
        raise UserError(f"INPUT: {path} must hold one array of steps and features.")
    return {"features": features.astype(np.float32), "lengths": len(features)}
