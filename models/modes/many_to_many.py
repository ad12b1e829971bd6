"""Mode many_to_many: a sequence -> an output at each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import tensorflow as tf
from keras import KerasTensor

from models.decoding import decode
from models.ids import PADDING, START
from models.inputs import Connected, SequenceInput
from models.layers.attention.self_attention import StepAttention
from models.layers.stack import make_stack
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.spec import ModelSpec
from models.spec.generation import Generation
from models.spec.settings import SpecError
from models.streaming import Streaming, parts, stack_streaming

SUMMARY = "step_attention"
Answer = Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]


def build(spec: ModelSpec, inputs: SequenceInput, outputs: Labels | NextToken) -> keras.Model:
    """The network: input, stack, attention over the other steps, a head for each step.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it answers.

    Returns:
        A model from the inputs to a dictionary of `logits`, float32 `[batch, time, answers]`; with
        attention, `attention`, float32 `[batch, time, time]`; of a CRF, `transitions`, float32
        `[batch, labels + 2, labels]`. For `next_token` these are the logits of each token after
        the true ones before it.
    """
    read = inputs.connect(spec)
    states, _ = make_stack(spec)(read.sequence, mask=read.mask)
    answer = {}
    if spec.attention != "none":
        states, answer["attention"] = StepAttention(
            spec.attention, spec.attention_heads, not spec.bidirectional, name=SUMMARY
        )(states, read.mask)
    if spec.dropout:
        states = keras.layers.Dropout(spec.dropout, name="states_dropout")(states)
    answer |= _head(spec, read, states, outputs)
    return keras.Model(read.inputs, answer, name=f"{spec.mode}_{spec.cell}")


def answer(
    spec: ModelSpec, model: keras.Model, outputs: Labels | NextToken, generation: Generation
) -> Answer:
    """The network deciding for itself.

    Args:
        spec: that the model was built from.
        model: of `build`, perhaps saved and loaded since.
        outputs: what it answers.
        generation: how `next_token` writes.

    Returns:
        A function of the inputs. Of `labels` and `crf` it gives what the model gives, `tags` (int32
        `[batch, time]`, -1 at padding) and of a CRF `scores` (float32 `[batch]`, log-probabilities
        of the tags). Of `next_token` it goes on from a prompt, `tokens` int32 `[batch, time]`, and
        gives the new `tokens`, int32 `[batch, length]`, their `lengths`, int32 `[batch]`, and
        `scores`, float32 `[batch]`; a row without a prompt begins with START. With a beam, an int32
        scalar `beam_width` among the inputs takes the place of that of `generation`.
    """
    if isinstance(outputs, NextToken):
        return _continuation(streaming(spec, model, outputs), generation)
    where = model.get_layer("stack").input[1]
    masked = keras.Model(model.input, (model.output, where))

    def label(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        answers, where = masked(inputs, training=False)
        return answers | outputs.decode(answers, where)

    return label


def streaming(spec: ModelSpec, model: keras.Model, outputs: Labels | NextToken) -> Streaming:
    """The network with its state outside.

    Its `attention`, `[batch, time, past + time]`, covers the chunks before. What it keeps of them
    grows with the sequence, as the cache of a transformer does; recurrent states do not.

    Args:
        spec: that the model was built from.
        model: of `build`, perhaps saved and loaded since.
        outputs: what it answers.

    Raises:
        SpecError: the network must see the whole: it reads backwards, or it decides the labels of
            a sequence together.
    """
    if spec.head == "crf":
        raise SpecError(
            "head",
            "crf decodes all labels jointly, so a later step can change an earlier label, and it"
            " cannot be streamed; choose labels",
        )
    summary = SUMMARY if parts.has(model, SUMMARY) else None
    decide = outputs.decode if isinstance(outputs, Labels) else None
    return stack_streaming(spec, model, summary, decide)


def _head(
    spec: ModelSpec, read: Connected, states: KerasTensor, outputs: Labels | NextToken
) -> dict[str, KerasTensor]:
    if isinstance(outputs, Labels):
        return outputs.connect(states, spec.head)
    embedding = keras.Model(read.inputs, read.sequence).get_layer("embedding")
    if embedding.input_dim != outputs.vocabulary_size:
        sizes = f"{embedding.input_dim} input and {outputs.vocabulary_size} output tokens"
        raise ValueError(f"{sizes}: a language model reads its own output, so both must be equal")
    return outputs.connect(states, embedding if spec.tie_embeddings else None)


def _continuation(network: Streaming, generation: Generation) -> Answer:
    """Continues prompts: each is read up to its last token, which the first step then reads."""

    def step(
        tokens: tf.Tensor, states: dict[str, tf.Tensor], _: object
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        answers, after = network.step({"tokens": tf.expand_dims(tokens, 1)}, states)
        return tf.squeeze(answers["logits"], 1), {}, after

    def write(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        tokens = inputs["tokens"]
        last = tf.reduce_sum(tf.cast(tokens != PADDING, tf.int32), axis=1) - 1  # [batch]
        first = tf.gather(tokens, tf.maximum(last, 0), batch_dims=1)
        first = tf.where(last < 0, START, first)
        earlier = tf.sequence_mask(last, tf.shape(tokens)[1])  # a negative length is none
        read = {"tokens": tf.where(earlier, tokens, PADDING)}
        _, states = network.step(read, network.start(read))
        width = inputs.get("beam_width") if generation.strategy == "beam" else None
        return decode(step, states, first, generation, beam_width=width).named()

    return write
