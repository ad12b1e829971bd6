"""One of several classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.data.examples import Column
from pipelines.evaluation.metric import Metric, larger, smaller
from pipelines.outputs.base import Answers, Evaluation, Output, Reference

# The last is the name in the table of SMS that circulates as spam.csv.
NAMES = ("sentiment", "class", "category", "target", "v1")

METRICS = (
    *larger("accuracy", "macro_f1", "roc_auc", "f1", "precision", "recall"),
    *larger("precision_at_recall_99", "accuracy_over_*", "worst_*_accuracy", "mean_*_accuracy"),
    *smaller("loss", "log_loss", "ece", "brier"),
)

LONGEST_BAR = 20
TOKENS_SHOWN = 8


@dataclass(frozen=True)
class Classes(Output):
    """One of several classes, in the raw column `label`.

    Attributes:
        strength: name of an optional number column whose sign and size say how strongly an
            example belongs to the second of two classes; empty where there is none.
        positive: name of the class to be detected, whose F1, precision and recall are added to the
            metrics; empty where all classes count equally. If none of two classes has that name,
            the second in alphabetical order is taken.
        aliases: common names of the column in users' files.
    """

    strength: str = ""
    positive: str = ""
    aliases: tuple[str, ...] = NAMES
    fitted: ClassVar[str] = "classes:FittedClasses"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS

    @property
    def columns(self) -> tuple[Column, ...]:
        """The label, and its strength where one is declared."""
        label = Column("label", "label", aliases=self.aliases)
        strength = [Column(self.strength, "number", optional=True)] if self.strength else []
        return (label, *strength)

    def evaluate(
        self, answers: Answers, reference: Reference, baselines: Mapping[str, Answers]
    ) -> Evaluation:
        """Accuracy, F1, ROC AUC, calibration, figures and mistakes of a split."""
        from pipelines.outputs.reports.classes import report

        return report(answers, reference, baselines, self.positive)

    def show(self, raw: Mapping[str, Any], answers: Answers) -> str:
        """The label, the score of each class, and the tokens with the most attention."""
        label = answers["label"][0].decode()
        scores = answers["scores"][0]
        names = [name.decode() for name in answers["classes"][0]]
        width = max(map(len, names))
        texts = [value for value in raw.values() if isinstance(value, str)]
        lines = ["  ".join([f"{label}  ({max(scores):.1%})", *texts])]
        for name, score in sorted(zip(names, scores, strict=True), key=lambda pair: -pair[1]):
            lines.append(f"  {name:<{width}}  {score:6.1%}  {'█' * round(score * LONGEST_BAR)}")
        if "tokens" in answers:
            pairs = zip(answers["tokens"][0], answers["attention"][0], strict=True)
            top = sorted(pairs, key=lambda pair: -pair[1])[:TOKENS_SHOWN]
            shown = ", ".join(f"{token.decode()} {weight:.0%}" for token, weight in top if token)
            lines.append(f"  attended to: {shown}")
        return "\n".join(lines)
