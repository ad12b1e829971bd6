"""Steps of float features -> one number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.errors import UserError
from pipelines.task import Column, Evaluation, Outputs

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.features.values import ValueFeatures


@dataclass(frozen=True)
class SequenceToValue:
    """The problem of the tasks that read a generated sequence and answer with one number.

    The lag of an example is its length.

    Attributes:
        width: features of a step.
        tolerance: the largest absolute error of an answer that counts as right.
        formats: none: examples are generated.
    """

    width: int
    tolerance: float
    formats: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The steps, and the number."""
        return (Column("features", "features"), Column("value", "number"))

    def fit(self, examples: Examples, config: Config) -> ValueFeatures:
        """Learns nothing from the examples."""
        from pipelines.features.values import ValueFeatures

        del examples, config
        return ValueFeatures(self.width)

    def load(self, folder: Path, config: Config) -> ValueFeatures:
        """The same."""
        from pipelines.features.values import ValueFeatures

        del folder, config
        return ValueFeatures(self.width)

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        from pipelines.data_card import Lengths, sequence_card

        del features
        lengths = {split: columns["lengths"] for split, columns in examples.splits.items()}
        longest = max(int(of.max()) for of in lengths.values())
        return sequence_card(examples, Lengths("steps", lengths), longest, config.data.buckets)

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """`mean`: the mean of the training values, whatever is read."""
        import numpy as np

        mean = examples.splits["train"]["value"].mean()
        return {"mean": {"value": np.full(examples.size("test"), mean, np.float32)}}

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """`squared_error`, `absolute_error`, `accuracy` within the tolerance; errors lag by lag."""
        from pipelines.problems.lag_report import add_lags

        del labels
        truth = columns["value"]
        evaluation = Evaluation(
            self._metrics(outputs, columns),
            {name: self._metrics(other, columns) for name, other in baselines.items()},
        )
        others = {name: (other["value"] - truth) ** 2 for name, other in baselines.items()}
        errors = (outputs["value"] - truth) ** 2
        add_lags(evaluation, errors, others, columns["lengths"], "squared_error")
        return evaluation

    def _metrics(self, outputs: Outputs, columns: Columns) -> dict[str, float]:
        distance = abs(outputs["value"] - columns["value"])
        return {
            "squared_error": float((distance**2).mean()),
            "absolute_error": float(distance.mean()),
            "accuracy": float((distance <= self.tolerance).mean()),
        }

    def request(self, given: str) -> dict[str, Any]:
        """Steps written as JSON, such as `[[0.3, 1], [0.9, 0], [0.5, 1]]`.

        Raises:
            UserError: it is something else.
        """
        import numpy as np

        try:
            steps = np.array(json.loads(given), np.float32)
        except (ValueError, TypeError):
            steps = np.zeros((0, 0), np.float32)
        if steps.shape[1:] != (self.width,) or not len(steps) or not np.isfinite(steps).all():
            raise UserError(
                f"INPUT: a JSON list of steps is needed, each a list of {self.width} numbers, such"
                f" as [[0.3, 1], [0.9, 0], [0.5, 1]]; given was '{given[:40]}'."
            )
        return {"features": steps, "lengths": np.int32(len(steps))}

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """The number."""
        return f"{outputs['value'][0]:.4f}  after {len(raw['features']):,} steps"
