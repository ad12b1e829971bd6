"""Mode many_to_one: a sequence -> one answer about the whole of it."""

from __future__ import annotations

import keras

from models.inputs import SequenceInput
from models.layers.attention.pooling import AttentionPooling
from models.layers.pooling import StatePooling
from models.layers.stack import make_stack
from models.modes.direct import answer
from models.outputs import SingleOutputs
from models.spec import ModelSpec
from models.streaming import Streaming, parts, stack_streaming

__all__ = ["answer", "build", "streaming"]

POOLING, ATTENTION = "pooling", "attention_pooling"


def build(spec: ModelSpec, inputs: SequenceInput, outputs: SingleOutputs) -> keras.Model:
    """The network: input, stack, pooling, head.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it answers.

    Returns:
        A model from the inputs to a dictionary of what `outputs` answers and, with attention,
        `attention`, float32 `[batch, time]`.
    """
    read = inputs.connect(spec)
    ends = _ends_suffice(spec)
    states, _ = make_stack(spec, return_sequences=not ends)(read.sequence, mask=read.mask)
    answers = {}
    if ends:
        pooled = states
    elif spec.attention == "none":
        halves = spec.bidirectional and spec.recurrent  # a transformer has no backward half
        pooled = StatePooling(spec.pooling, halves, name=POOLING)(states, read.mask)
    else:
        pooled, answers["attention"] = AttentionPooling(
            spec.attention, spec.attention_heads, name=ATTENTION
        )(states, read.mask)
    if spec.dropout:
        pooled = keras.layers.Dropout(spec.dropout, name="pooled_dropout")(pooled)
    answers |= outputs.connect(pooled)
    return keras.Model(read.inputs, answers, name=f"{spec.mode}_{spec.cell}")


def streaming(spec: ModelSpec, model: keras.Model, outputs: SingleOutputs) -> Streaming:
    """The network with its state outside: after each chunk it answers about all steps so far.

    Its `attention` is that of the chunk's steps among all steps so far.

    Args:
        spec: that the model was built from.
        model: of `build`, perhaps saved and loaded since.
        outputs: what it answers.

    Raises:
        SpecError: the network reads backwards.
    """
    pooled = [name for name in (POOLING, ATTENTION) if parts.has(model, name)]
    return stack_streaming(spec, model, pooled[0] if pooled else None)


def _ends_suffice(spec: ModelSpec) -> bool:
    """Whether all that is wanted of the sequence are the states that it ends in."""
    finished = spec.layer_norm or (spec.residual and spec.layers > 1)
    return spec.recurrent and spec.attention == "none" and spec.pooling == "last" and not finished
