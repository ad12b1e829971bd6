"""What a task declares, and what its kind of problem must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf
    from matplotlib.figure import Figure

    from models.inputs import TokenInput
    from models.many_to_one import Classes
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples

Outputs = Mapping[str, "np.ndarray"]
"""What the export's `serving_default` returned for a split: name -> array, batch first."""


@dataclass(frozen=True)
class Column:
    """A raw column that a task needs.

    Attributes:
        name: the task's own name of it, and the name of the setting that says which one it is.
        kind: `text`, `label` or `number`.
        optional: whether a source may lack it.
        aliases: names under which people's files usually hold it.
    """

    name: str
    kind: str
    optional: bool = False
    aliases: tuple[str, ...] = ()


@dataclass
class Evaluation:
    """What an evaluation found.

    Attributes:
        metrics: name -> value, without a prefix.
        figures: file name -> figure.
        texts: file name -> content, for people (the most confident mistakes, say).
    """

    metrics: dict[str, float]
    figures: dict[str, Figure] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class Features(Protocol):
    """The one road of data: raw -> tensors -> network -> what a person reads, all in the graph."""

    inputs: TokenInput
    outputs: Classes

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw inputs of the export: name -> spec with the batch first."""
        ...

    def encode(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor | tf.RaggedTensor]:
        """Raw columns of a batch -> the network's inputs; sequences are ragged."""
        ...

    def decode(
        self, outputs: Mapping[str, tf.Tensor], raw: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """The network's outputs of a batch -> the export's outputs."""
        ...

    def targets(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Targets of a split and a float32 weight for each example, batch first."""
        ...

    def save(self, folder: Path) -> None:
        """Writes what `Problem.load` needs (the vocabulary, the labels) as JSON."""
        ...


class Problem(Protocol):
    """A kind of problem, such as text classification: what tasks of that kind have in common."""

    columns: tuple[Column, ...]

    def fit(self, examples: Examples, config: Config) -> Features:
        """Features learned from the training split alone."""
        ...

    def load(self, folder: Path, config: Config) -> Features:
        """Features as `Features.save` left them."""
        ...

    def card(self, examples: Examples, features: Features, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        ...

    def baselines(self, examples: Examples, seed: int) -> dict[str, dict[str, float]]:
        """Metrics on the test split of models that learn without a network, by name."""
        ...

    def evaluate(self, outputs: Outputs, columns: Columns, labels: tuple[str, ...]) -> Evaluation:
        """Metrics, figures and texts for the export's outputs on a split."""
        ...

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """One answer as a person would read it."""
        ...


@dataclass(frozen=True)
class Task:
    """One thing to be learned. Each task is one file in `pipelines/tasks/`.

    Attributes:
        name: as in `TASK=name`.
        mode: one of `models.spec.MODES`.
        description: one line.
        problem: the kind of problem, with its metrics and features.
        embedded: module in `pipelines/datasets/` that holds the embedded data set.
        monitor: metric of the validation split that decides which epoch is best; a name that
            ends in `loss` is better when smaller, every other when larger.
        thresholds: test metrics below which a model is not registered.
        example: a raw input for the docs and the parity gate.
        defaults: settings other than the general ones.
        best: settings of the preset `best`, over the defaults.
    """

    name: str
    mode: str
    description: str
    problem: Problem
    embedded: str
    monitor: str
    thresholds: Mapping[str, float]
    example: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    best: Mapping[str, Any] = field(default_factory=dict)
