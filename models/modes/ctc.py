"""Mode encoder_decoder with the head ctc: the encoder's steps are labelled directly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from models.inputs import SequenceInput
from models.layers.stack import make_stack
from models.outputs.transcript import Transcript
from models.spec import ModelSpec
from models.spec.generation import Generation
from models.spec.settings import SpecError
from models.streaming import Streaming, stack_streaming


def build(spec: ModelSpec, inputs: SequenceInput, outputs: Transcript) -> keras.Model:
    """The network: an encoder, and at each of its steps a softmax over tokens and the blank.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it answers.

    Returns:
        A model from the inputs by name to `logits`, float32 `[batch, time, tokens]`, and `steps`,
        int32 `[batch]`, the number of real steps.
    """
    read = inputs.connect(spec)
    states, _ = make_stack(spec)(read.sequence, mask=read.mask)
    if spec.dropout:
        states = keras.layers.Dropout(spec.dropout, name="states_dropout")(states)
    name = f"{spec.mode}_{spec.cell}_{spec.head}"
    return keras.Model(read.inputs, outputs.connect(states, read.mask), name=name)


def answer(
    spec: ModelSpec, model: keras.Model, outputs: Transcript, generation: Generation
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """What evaluation and export use: the network and its transcripts.

    Args:
        spec: that the model was built from.
        model: of `build`.
        outputs: what it answers.
        generation: greedy, or beam and its width. The lengths and the length normalisation have no
            effect: the input determines how long a transcript can be.

    Returns:
        A function of the inputs by name. It adds to the model's answers `tokens`, int32 `[batch,
        length]`, `lengths`, int32 `[batch]`, and `scores`, float32 `[batch]`: see
        `Transcript.decode`.

    Raises:
        SpecError: `strategy` is sample.
    """
    if generation.strategy == "sample":
        raise SpecError(
            "strategy", "head ctc searches for transcripts and cannot sample; choose greedy, beam"
        )
    beam_width = generation.beam_width if generation.strategy == "beam" else None

    def transcribe(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        answers = model(inputs, training=False)
        return {**answers, **outputs.decode(answers, beam_width)}

    return transcribe


def streaming(spec: ModelSpec, model: keras.Model, outputs: Transcript) -> Streaming:
    """The step form: `logits` for each step of a chunk.

    Args:
        spec: that the model was built from.
        model: of `build`.
        outputs: what it answers.

    Raises:
        SpecError: the network cannot be streamed.
    """
    return stack_streaming(spec, keras.Model(model.input, {"logits": model.output["logits"]}), None)
