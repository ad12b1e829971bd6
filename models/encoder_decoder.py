"""Mode encoder_decoder: a sequence -> a sequence of another length.

The encoder reads all of the input. The decoder starts from what the encoder ended in and writes
one token after the other. Without attention these states are all that it knows (Sutskever et al.
2014; Cho et al. 2014); with attention it looks at what the encoder made of each step (Bahdanau et
al. 2015; Luong et al. 2015; Vaswani et al. 2017), and may copy tokens from there (See et al. 2017).
With the head `ctc` there is no decoder: the encoder's own steps are labelled (`models.ctc`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import keras

from models import ctc, writing
from models.bridge import states_from_encoder
from models.generation import Generation
from models.inputs import SequenceInput
from models.outputs.tokens import Tokens
from models.outputs.transcript import Transcript
from models.settings import SpecError
from models.spec import ModelSpec
from models.stack import make_stack

if TYPE_CHECKING:
    import tensorflow as tf

    from models.streaming import Streaming


def build(spec: ModelSpec, inputs: SequenceInput, outputs: Tokens | Transcript) -> keras.Model:
    """The network: encoder, bridge, decoder.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it writes.

    Returns:
        A model from the inputs by name and int32 `previous` `[batch, length]`, the true token
        before each step, to `logits`, float32 `[batch, length, vocabulary_size]`, and, with
        attention, `attention`, float32 `[batch, length, time]`; where tokens are copied also
        `copying`, float32 `[batch, length]`. With the head `ctc` that of `models.ctc`.

    Raises:
        SpecError: tokens are to be copied into an answer that has another vocabulary.
    """
    if isinstance(outputs, Transcript):
        return ctc.build(spec, inputs, outputs)
    if spec.copy and not outputs.shared:
        raise SpecError(
            "copy",
            "what is read and what is written have vocabularies of their own, so that a token of"
            " the one is none of the other; set copy=0",
        )
    read = inputs.connect(spec)
    looked_at = spec.attention != "none" or spec.layer_norm  # the outputs of all steps
    memory, ends = make_stack(spec, return_sequences=looked_at)(read.sequence, mask=read.mask)
    states = states_from_encoder(spec, ends, memory, read.mask)
    start = writing.Start(states, memory, read.mask)
    if spec.copy:
        # One embedding for both: what was written last is found again in what is read.
        copied = {"source": read.inputs["tokens"], "embedding": read.embedding}
        start = dataclasses.replace(start, **copied)
    return writing.build(spec, read.inputs, start, outputs)


def answer(
    spec: ModelSpec, model: keras.Model, outputs: Tokens | Transcript, generation: Generation
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """What the network writes with nobody to tell it the truth: see `models.writing.answer`.

    Args:
        spec: that the model was built from.
        model: of `build`.
        outputs: what it writes.
        generation: how it writes.
    """
    if isinstance(outputs, Transcript):
        return ctc.answer(spec, model, outputs, generation)
    return writing.answer(model, generation)


def streaming(spec: ModelSpec, model: keras.Model, outputs: Tokens | Transcript) -> Streaming:
    """The decoder, a piece at a time, after an encoder that reads the whole.

    Args:
        spec: that the model was built from.
        model: of `build`.
        outputs: what it writes.

    Raises:
        SpecError: it cannot be fed in pieces.
    """
    if isinstance(outputs, Transcript):
        return ctc.streaming(spec, model, outputs)
    return writing.streaming(model)
