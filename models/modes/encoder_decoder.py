"""Mode encoder_decoder: a sequence -> a sequence of another length.

The head decides how: `tokens` by a decoder (`models.modes.sequence_to_sequence`), `ctc` by labels
of the encoder's own steps (`models.modes.ctc`).
"""

from __future__ import annotations

from types import ModuleType

import keras

from models.inputs import SequenceInput
from models.modes import ctc, sequence_to_sequence
from models.modes.writing import Answer
from models.outputs import Outputs
from models.spec import ModelSpec
from models.spec.generation import Generation
from models.streaming import Streaming

BY_HEAD: dict[str, ModuleType] = {"tokens": sequence_to_sequence, "ctc": ctc}


def build(spec: ModelSpec, inputs: SequenceInput, outputs: Outputs) -> keras.Model:
    """The network for the head of the spec: see `build` of its module in `BY_HEAD`."""
    return BY_HEAD[spec.head].build(spec, inputs, outputs)


def answer(spec: ModelSpec, model: keras.Model, outputs: Outputs, generation: Generation) -> Answer:
    """How the network answers: see `answer` of the head's module in `BY_HEAD`."""
    return BY_HEAD[spec.head].answer(spec, model, outputs, generation)


def streaming(spec: ModelSpec, model: keras.Model, outputs: Outputs) -> Streaming:
    """The step form of the network: see `streaming` of the head's module in `BY_HEAD`."""
    return BY_HEAD[spec.head].streaming(spec, model, outputs)
