"""One number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.data.examples import Column
from pipelines.evaluation.metric import Metric, larger, smaller
from pipelines.outputs.base import Answers, Evaluation, Output, Reference


@dataclass(frozen=True)
class Value(Output):
    """One number of about unit scale, in the raw column `value`.

    Attributes:
        tolerance: the largest absolute error of an answer that counts as right.
        lags: whether the examples have a column `lag`, by which errors are grouped.
    """

    tolerance: float
    lags: bool = False
    fitted: ClassVar[str] = "values:FittedValue"
    metrics: ClassVar[tuple[Metric, ...]] = (
        *smaller("loss", "squared_error", "absolute_error", "lag_*_squared_error"),
        *larger("accuracy", "solved_lag"),
    )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The number, and the lag over which it has to be remembered where there is one."""
        value = Column("value", "number")
        return (value, Column("lag", "number")) if self.lags else (value,)

    def evaluate(
        self, answers: Answers, reference: Reference, baselines: Mapping[str, Answers]
    ) -> Evaluation:
        """`squared_error`, `absolute_error`, `accuracy` within the tolerance; errors by lag."""
        from pipelines.outputs.reports.lags import add_lags

        truth = reference.columns["value"]
        distances = {name: abs(each["value"] - truth) for name, each in baselines.items()}
        distance = abs(answers["value"] - truth)
        evaluation = Evaluation(
            self._metrics(distance), {name: self._metrics(each) for name, each in distances.items()}
        )
        if self.lags:
            squares = {name: each**2 for name, each in distances.items()}
            add_lags(evaluation, distance**2, squares, reference.columns["lag"], "squared_error")
        return evaluation

    def show(self, raw: Mapping[str, Any], answers: Answers) -> str:
        """The number."""
        return f"{answers['value'][0]:.4f}  after {len(raw['steps']):,} steps"

    def _metrics(self, distance: Any) -> dict[str, float]:
        return {
            "squared_error": float((distance**2).mean()),
            "absolute_error": float(distance.mean()),
            "accuracy": float((distance <= self.tolerance).mean()),
        }
