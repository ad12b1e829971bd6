"""What a task declares, and what its kind of problem must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.road import RawRoad

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from models.inputs import SequenceInput, SingleInput
    from models.outputs import Outputs as NetworkOutputs
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.ragged import Ragged

Outputs = Mapping[str, "np.ndarray"]
"""What the export's `serving_default` returned for a split: name -> array, batch first."""


@dataclass(frozen=True)
class Column:
    """A raw column that a task needs.

    Attributes:
        name: the task's own name of it, and the name of the setting that says which one it is.
        kind: `text`, `audio` (bytes of a WAV file) or `features` (float steps `[time, width]`) of
            an input; `label`, `target` (text that is to be written) or `number` of what is known;
            `group` of what must not be in two splits that are made here, such as a speaker.
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
        baselines: name of the baseline -> its metrics, in the same names.
        figures: file name -> figure.
        texts: file name -> content, for people (the most confident mistakes, say).
    """

    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class Features(RawRoad, Protocol):
    """The one road of data: raw -> tensors -> network -> what a person reads, all in the graph."""

    @property
    def inputs(self) -> SequenceInput | SingleInput:
        """What the network reads."""
        ...

    @property
    def outputs(self) -> NetworkOutputs:
        """What it answers, with its loss and metrics."""
        ...

    @property
    def requires(self) -> tuple[str, ...]:
        """Of `pipelines.saved_model.LIBRARIES`, those whose operations `encode` or `decode` use."""
        ...

    def targets(self, columns: Columns) -> tuple[Ragged | np.ndarray, np.ndarray]:
        """Targets of a split and a float32 weight for each example, batch first."""
        ...

    def save(self, folder: Path) -> None:
        """Writes what `Problem.load` needs (the vocabulary, the labels) as JSON."""
        ...


class Problem(Protocol):
    """A kind of problem, such as text classification: what tasks of that kind have in common."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The raw columns of its examples."""
        ...

    @property
    def formats(self) -> tuple[str, ...]:
        """Modules of `pipelines.sources` that read a user's own data for it, in this order."""
        ...

    def fit(self, examples: Examples, config: Config) -> Features:
        """Features learned from the training split alone."""
        ...

    def load(self, folder: Path, config: Config) -> Features:
        """Features as `Features.save` left them."""
        ...

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        ...

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """What models that learn without a network answer on the test split, by name."""
        ...

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """Metrics, figures and texts for the export's outputs on a split, beside the baselines."""
        ...

    def request(self, given: str) -> dict[str, Any]:
        """A raw request from what a person wrote on the command line.

        Raises:
            UserError: it is none, such as a file that is not there.
        """
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
        monitor: metric of the validation split that decides which epoch is best, which way is
            said in `pipelines.evaluation.direction`.
        metric: of the test split, by which versions are compared, in the same way.
        thresholds: test metrics that a model must reach to be registered.
        example: a raw input for the docs and the parity gate; empty to take one of the test split.
        input: what kind of input the network reads, one of `models.spec.INPUTS`.
        defaults: settings other than the general ones.
        best: settings of the preset `best`, over the defaults.
    """

    name: str
    mode: str
    description: str
    problem: Problem
    embedded: str
    monitor: str
    metric: str
    thresholds: Mapping[str, float]
    example: Mapping[str, Any]
    input: str = "tokens"
    defaults: Mapping[str, Any] = field(default_factory=dict)
    best: Mapping[str, Any] = field(default_factory=dict)
