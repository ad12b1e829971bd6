"""A tag for each word in the scheme BIO, such as named entities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.data.examples import Column
from pipelines.evaluation.metric import Metric, larger, smaller
from pipelines.outputs.base import Answers, Evaluation, Output, Reference


@dataclass(frozen=True)
class Tags(Output):
    """A tag for each word of a sentence, in the raw column `target`, separated by spaces."""

    fitted: ClassVar[str] = "tags:FittedTags"
    metrics: ClassVar[tuple[Metric, ...]] = (
        *larger("f1", "f1_*", "precision", "recall", "token_accuracy", "accuracy"),
        *smaller("loss"),
    )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The tags."""
        return (Column("target", "target", aliases=("ner", "tags", "ner_tags")),)

    def evaluate(
        self, answers: Answers, reference: Reference, baselines: Mapping[str, Answers]
    ) -> Evaluation:
        """Span F1 of all types and of each; figures; sentences predicted right and wrong."""
        from pipelines.outputs.reports.tags import report

        return report(answers, reference, baselines)

    def show(self, raw: Mapping[str, Any], answers: Answers) -> str:
        """The sentence with its entities marked, and one line per entity."""
        from pipelines.outputs.reports.tags import shown

        return shown(raw["text"], answers)
