"""Mode encoder_decoder with the head tokens: a decoder writes what an encoder has read.

The decoder starts from the final states of the encoder and writes one token after the other.
Without attention these states are all that it knows (Sutskever et al. 2014; Cho et al. 2014); with
attention it looks at the encoder's output at each step (Bahdanau et al. 2015; Luong et al. 2015;
Vaswani et al. 2017), and may copy tokens from there (See et al. 2017).
"""

from __future__ import annotations

import keras

from models.inputs import SequenceInput
from models.layers.decoder.bridge import states_from_encoder
from models.layers.stack import make_stack
from models.modes import writing
from models.modes.writing import answer, streaming
from models.outputs.tokens import Tokens
from models.spec import ModelSpec
from models.spec.settings import SpecError

__all__ = ["answer", "build", "streaming"]


def build(spec: ModelSpec, inputs: SequenceInput, outputs: Tokens) -> keras.Model:
    """The network: encoder, bridge, decoder.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it writes.

    Returns:
        A model from the inputs by name and int32 `previous` `[batch, length]`, the true token
        before each step, to `logits`, float32 `[batch, length, vocabulary_size]`, and, with
        attention, `attention`, float32 `[batch, length, time]`; where tokens are copied also
        `copying`, float32 `[batch, length]`.

    Raises:
        SpecError: tokens are to be copied into an answer that has another vocabulary.
    """
    if spec.copy and not outputs.shared:
        raise SpecError(
            "copy",
            "what is read and what is written have vocabularies of their own, so that a token of"
            " the one is none of the other; set copy=0",
        )
    read = inputs.connect(spec)
    attends = spec.attention != "none"
    stack = make_stack(spec, return_sequences=attends or spec.layer_norm)
    memory, ends = stack(read.sequence, mask=read.mask)
    states = states_from_encoder(spec, ends, memory, read.mask)
    context = {"memory": memory, "memory_mask": read.mask} if attends else {}
    if not spec.copy:
        return writing.build(spec, read.inputs, states, context, outputs)
    context["source"] = read.inputs["tokens"]
    # Both sides share one embedding, so that the decoder recognises the tokens that it may copy.
    return writing.build(spec, read.inputs, states, context, outputs, read.embedding)
