"""Transcripts of recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.data.examples import Column
from pipelines.evaluation.metric import Metric, larger, smaller
from pipelines.outputs.base import Answers, Evaluation, Output, Reference


@dataclass(frozen=True)
class Transcript(Output):
    """A transcript, in the raw column `target`; symbols are separated by spaces.

    The head `ctc` predicts it from the steps of the input, the head `tokens` by a decoder.

    Attributes:
        symbol: name of a symbol.
    """

    symbol: str = "word"
    fitted: ClassVar[str] = "transcript:FittedTranscript"

    @property
    def unit(self) -> str:
        """Symbols in the plural."""
        return f"{self.symbol}s"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The transcript."""
        names = ("text", "transcript", "transcription", "label")
        return (Column("target", "target", aliases=names),)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Error rates, and those of the tokens."""
        return (
            *smaller(f"{self.symbol}_error_rate", f"worst_*_{self.symbol}_error_rate"),
            *smaller("sentence_error_rate", "substitution_error_rate", "deletion_error_rate"),
            *smaller("insertion_error_rate", "loss", "token_error_rate", "too_long"),
            *smaller("token_loss", "token_perplexity"),
            *larger("token_accuracy"),
        )

    def evaluate(
        self, answers: Answers, reference: Reference, baselines: Mapping[str, Answers]
    ) -> Evaluation:
        """Error rates, free-running and teacher-forced; figures and mistakes."""
        from pipelines.outputs.reports.transcript import report

        del baselines
        return report(self.symbol, answers, reference)

    def show(self, raw: Mapping[str, Any], answers: Answers) -> str:
        """The transcript, its log-probability, and the step of each symbol."""
        from pipelines.outputs.reports.transcript import shown

        del raw
        return shown(answers)
