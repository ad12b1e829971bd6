"""The preprocessing of a run: its fitted input and output."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from models.inputs import SequenceInput, SingleInput
from models.outputs import Outputs
from pipelines.config import Config
from pipelines.data.examples import Examples
from pipelines.inputs.fitted.base import FittedInput
from pipelines.outputs.fitted.base import FittedOutput
from pipelines.task import Task


class Preprocessing(tf.Module):
    """Implements `models.export.preprocessing.Preprocessing` by an input and an output.

    Args:
        input: fitted.
        output: fitted; may share the input's tokeniser.
    """

    def __init__(self, input: FittedInput, output: FittedOutput):
        super().__init__(name="preprocessing")
        self.input = input
        self.output = output

    @classmethod
    def fit(cls, task: Task, examples: Examples, config: Config) -> Preprocessing:
        """Learns from the training split only."""
        input = task.input.fit(examples.splits["train"], config)
        return cls(input, task.output.fit(examples, config, input))

    @classmethod
    def load(cls, task: Task, folder: Path, config: Config) -> Preprocessing:
        """Reads what `save` wrote."""
        input = task.input.load(folder, config)
        return cls(input, task.output.load(folder, config, input))

    def save(self, folder: Path) -> None:
        """Writes what was learned, as JSON."""
        self.input.save(folder)
        self.output.save(folder)

    @property
    def inputs(self) -> SequenceInput | SingleInput:
        """The input of the network."""
        return self.input.network

    @property
    def outputs(self) -> Outputs:
        """The output of the network, with its loss and metrics."""
        return self.output.network

    @property
    def requires(self) -> tuple[str, ...]:
        """Libraries whose operations are used, of `saved_model.LIBRARIES`."""
        return tuple(dict.fromkeys((*self.input.requires, *self.output.requires)))
