"""The next token after each one: a language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.evaluation.metric import Metric, larger, smaller
from pipelines.outputs.base import Answers, Evaluation, Output, Reference


@dataclass(frozen=True)
class NextToken(Output):
    """The next token after each one of the input; shares the input's tokeniser."""

    fitted: ClassVar[str] = "next_token:FittedNextToken"
    metrics: ClassVar[tuple[Metric, ...]] = (
        *smaller("loss", "bits_per_character", "bits_per_token", "perplexity"),
        *larger("accuracy", "written_known_words", "real_known_words"),
    )

    def evaluate(
        self, answers: Answers, reference: Reference, baselines: Mapping[str, Answers]
    ) -> Evaluation:
        """Bits per character, perplexity, bits by position, and continuations."""
        from pipelines.outputs.reports.next_token import report

        return report(answers, reference, baselines)

    def show(self, raw: Mapping[str, Any], answers: Answers) -> str:
        """The text and its continuation."""
        return f"{raw['text']}{answers['output'][0].decode('utf-8', 'replace')}"
