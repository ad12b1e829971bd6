"""Declarations of tasks and of their baselines."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.spec.rules import INPUTS_OF
from pipelines.data.splits import AtRandom, Split
from pipelines.evaluation.metric import Directions, Metric
from pipelines.inputs.base import Input
from pipelines.outputs.base import Answers, Output, Reference

if TYPE_CHECKING:
    from pipelines.data.examples import Column, Examples


@dataclass(frozen=True)
class Baselines:
    """The baselines that a network is compared with.

    Attributes:
        module: of `pipelines.evaluation.baselines`; its `predict(train, test, labels)` returns the
            answers of each baseline on the test split, by name, in the form of an export.
        columns: that it needs; without one of them there are no baselines.
    """

    module: str
    columns: tuple[str, ...]

    def answers(self, examples: Examples) -> dict[str, Answers]:
        """The answers of each baseline on the test split, learned from the training split."""
        train, test = examples.splits["train"], examples.splits["test"]
        if not set(self.columns) <= train.keys():
            return {}
        module = importlib.import_module(f"pipelines.evaluation.baselines.{self.module}")
        predict: Callable[..., dict[str, Answers]] = module.predict
        return predict(train, test, examples.labels)


@dataclass(frozen=True)
class Task:
    """A learning task. Each task is one file in `pipelines/tasks/`.

    Attributes:
        name: as in `TASK=name`.
        mode: one of `models.spec.MODES`.
        description: one line.
        input: declaration of the input.
        output: declaration of the output.
        embedded: the data set in `pipelines.data.datasets` that is used without DATASET or DATA.
        formats: of users' data, from `pipelines.data.sources.formats`; none where examples are
            generated.
        monitor: metric of the validation split that determines the best epoch.
        metric: of the test split, by which versions are compared.
        thresholds: test metrics that a model must reach to be registered.
        example: a raw input for the docs and the parity check; empty for one of the test split.
        split: how examples are split if the data have no splits.
        baselines: of the task; None if there are none.
        defaults: settings that differ from the general defaults.
        best: settings of the preset `best`, on top of the defaults.
    """

    name: str
    mode: str
    description: str
    input: Input
    output: Output
    embedded: str
    monitor: str
    metric: str
    thresholds: Mapping[str, float]
    formats: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    split: Split = field(default_factory=AtRandom)
    baselines: Baselines | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    best: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The raw columns of its examples."""
        return (*self.input.columns, *self.output.columns, *self.split.columns)

    @property
    def network_input(self) -> str:
        """The kind of its network's input: the first of the input's kinds that fits the mode."""
        return next(kind for kind in self.input.kinds if kind in INPUTS_OF[self.mode])

    @property
    def directions(self) -> Directions:
        """The directions of its metrics."""
        return Directions(*self.output.metrics)

    @property
    def monitored(self) -> Metric:
        """The metric `monitor` with its direction."""
        return self.directions.metric(self.monitor)

    def reference(self, examples: Examples, split: str) -> Reference:
        """A split in the form that answers are evaluated on."""
        columns = examples.splits[split]
        group = next((c.name for c in self.split.columns if c.name in columns), "")
        return Reference(columns, examples.labels, self.input, group)
