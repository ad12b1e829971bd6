"""The base class of output declarations."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from pipelines.config import Config
    from pipelines.data.examples import Column, Columns, Examples
    from pipelines.evaluation.metric import Metric
    from pipelines.inputs.base import Input
    from pipelines.outputs.fitted.base import FittedOutput

Answers = Mapping[str, "np.ndarray"]
"""What the export's `serving_default` returned for a split: name -> array, batch first."""


@dataclass
class Evaluation:
    """The results of an evaluation.

    Attributes:
        metrics: name -> value, without a prefix.
        baselines: name of the baseline -> its metrics, in the same names.
        figures: file name -> figure.
        texts: file name -> readable content, such as the most confident mistakes.
    """

    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reference:
    """The split that answers are evaluated on.

    Attributes:
        columns: the raw columns.
        labels: names of the classes; empty without classes.
        input: describes the inputs of examples.
        group: name of the column of groups, each in one split; empty without groups.
    """

    columns: Columns
    labels: tuple[str, ...]
    input: Input
    group: str = ""

    def described(self) -> list[str]:
        """The input of each example in readable form, on one line."""
        count = len(next(iter(self.columns.values())))
        return [self.input.describe(self.columns, row) for row in range(count)]


class Output:
    """Declares what is predicted, and how. Stateless, and imports nothing heavy.

    Attributes:
        fitted: module and class of `pipelines.outputs.fitted` that decodes it.
    """

    fitted: ClassVar[str]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its raw columns."""
        return ()

    @property
    def unit(self) -> str:
        """Name of a step of a target, in the plural; empty where a target has no steps."""
        return ""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics of `evaluate` and of the network, with their directions."""
        raise NotImplementedError

    def fit(self, examples: Examples, config: Config, input: Any) -> FittedOutput:
        """Learns from the training split.

        Args:
            examples: raw.
            config: of the run.
            input: fitted; the output may share its tokeniser.
        """
        return self._class().fit(self, examples, config, input)

    def load(self, folder: Path, config: Config, input: Any) -> FittedOutput:
        """Reads what `FittedOutput.save` wrote."""
        return self._class().load(self, folder, config, input)

    def evaluate(
        self, answers: Answers, reference: Reference, baselines: Mapping[str, Answers]
    ) -> Evaluation:
        """Metrics, figures and texts of an export's answers and the baselines' on a split."""
        raise NotImplementedError

    def show(self, raw: Mapping[str, Any], answers: Answers) -> str:
        """One output in readable form."""
        raise NotImplementedError

    def _class(self) -> Any:
        module, name = self.fitted.split(":")
        return getattr(importlib.import_module(f"pipelines.outputs.fitted.{module}"), name)
