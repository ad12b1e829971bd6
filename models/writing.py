"""What the modes that write a sequence have in common, once there is something to start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.decoding import decode
from models.generation import Generation
from models.ids import START
from models.spec import ModelSpec
from models.streaming import Streaming
from models.token_decoder import TokenDecoder

if TYPE_CHECKING:
    from models.outputs.tokens import Tokens

Tensors = Mapping[str, tf.Tensor]

PREVIOUS = "previous"
"""The input that holds the token before each step; what is not given when the network is asked."""


CONTEXT = ("memory", "memory_mask", "source")
"""What a decoder with attention looks at in each step, and does not change; `source` where it
copies."""


@dataclass(frozen=True)
class Start:
    """What a decoder has been told of the input.

    Attributes:
        states: that it starts from, `[batch, ...]` each; None for its own.
        memory: float `[batch, steps, features]`, what it may attend to; None for nothing.
        memory_mask: bool `[batch, steps]`, true at real steps.
        source: int32 `[batch, steps]`, the tokens that it may copy; None where it does not.
        embedding: of these tokens, for those that are written too; None for one of their own.
    """

    states: list[KerasTensor] | None
    memory: KerasTensor | None = None
    memory_mask: KerasTensor | None = None
    source: KerasTensor | None = None
    embedding: keras.layers.Layer | None = None


def build(
    spec: ModelSpec, inputs: dict[str, KerasTensor], start: Start, outputs: Tokens
) -> keras.Model:
    """Leads to the decoder and its answers.

    Args:
        spec: of the network.
        inputs: of what is read, by name.
        start: what was made of them.
        outputs: what is written.

    Returns:
        The model, with int32 `previous` `[batch, length]` as one more input.
    """
    previous = keras.Input((None,), dtype="int32", name=PREVIOUS)
    seen = (start.memory, start.memory_mask) if spec.attention != "none" else ()
    if spec.copy:
        seen = (*seen, start.source)
    decoder = TokenDecoder.from_spec(spec, outputs.vocabulary_size, "decoder", start.embedding)
    # By position, because Keras sorts what is given by name, and `Writer` relies on the order.
    answers, _ = decoder(previous, start.states, *seen)
    name = f"{spec.mode}_{spec.cell}"
    return keras.Model(inputs | {PREVIOUS: previous}, answers, name=name)


class Writer:
    """The two halves of a model of `build`: what is read once, and what is written step by step.

    Args:
        model: of `build`, perhaps saved and loaded since.
    """

    def __init__(self, model: keras.Model):
        self.decoder: TokenDecoder = model.get_layer("decoder")
        # In the order of the call: previous, states, memory, mask, source.
        _, *given = self.decoder.input
        self.attends = "attention" in model.output
        self.copies = "copying" in model.output
        parts = {}
        if self.attends:
            count = 2 + self.copies
            given, context = given[:-count], given[-count:]
            parts = dict(zip(CONTEXT[:count], context, strict=True))
        parts |= {f"state_{index}": state for index, state in enumerate(given)}
        inputs = {name: tensor for name, tensor in model.input.items() if name != PREVIOUS}
        self.reader = keras.Model(inputs, parts, name="reader")

    def read(self, inputs: Tensors) -> tuple[list[tf.Tensor], dict[str, Any]]:
        """Reads the input.

        Args:
            inputs: of the model, by name, `previous` not among them.

        Returns:
            states: that the decoder starts from.
            context: with attention `memory` and `memory_mask`, and where tokens are copied
                `source`, as of `Start`.
        """
        inputs = {name: inputs[name] for name in self.reader.input}
        parts = self.reader(inputs, training=False)
        context = {name: parts.pop(name) for name in CONTEXT if name in parts}
        if parts:
            return [parts[f"state_{index}"] for index in range(len(parts))], context
        batch = tf.shape(next(iter(inputs.values())))[0]
        return self.decoder.initial_states(batch), context

    def context_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of the context, batch and steps open."""
        found = (self.reader.output[name] for name in CONTEXT if name in self.reader.output)
        return [tf.TensorSpec([None, None, *each.shape[2:]], each.dtype) for each in found]


def answer(model: keras.Model, generation: Generation) -> Callable[[Tensors], dict[str, tf.Tensor]]:
    """What the network writes with nobody to tell it the truth.

    Args:
        model: of `build`, perhaps saved and loaded since.
        generation: how it writes.

    Returns:
        A function of the inputs by name, of which it ignores `previous`. It gives `tokens`, int32
        `[batch, length]`, without END and padded with 0; `lengths`, int32 `[batch]`; `scores`,
        float32 `[batch]`, the log-probabilities, of a beam normalised by length; with attention,
        `attention`, float32 `[batch, length, steps]`; and where tokens are copied, `copying`,
        float32 `[batch, length]`, how probable that was. With a beam, an int32 scalar `beam_width`
        among the inputs takes the place of that of `generation`.
    """
    writer = Writer(model)

    def step(
        tokens: tf.Tensor, states: list[tf.Tensor], context: list[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor | None, list[tf.Tensor]]:
        seen, context = {}, list(context)
        if writer.copies:
            seen["source"] = context.pop()
        if writer.attends:
            *memory, memory_mask = context
            seen |= {"memory": memory, "memory_mask": memory_mask}
        answers, after = writer.decoder(tf.expand_dims(tokens, 1), states=states, **seen)
        attention = answers["attention"][:, 0] if writer.attends else None
        if writer.copies:  # one place more, so that it is put down beside the attention
            attention = tf.concat([attention, answers["copying"]], axis=1)
        return answers["logits"][:, 0], attention, after

    def write(inputs: Tensors) -> dict[str, tf.Tensor]:
        states, seen = writer.read(inputs)
        context = []
        if writer.attends:
            # What all steps ask of the memory alike is computed once.
            context = [*writer.decoder.project(seen.pop("memory")), *seen.values()]
        width = inputs.get("beam_width") if generation.strategy == "beam" else None
        first = tf.fill(tf.shape(next(iter(inputs.values())))[:1], START)
        written = decode(step, states, first, generation, context, beam_width=width)
        found = {name: value for name, value in written._asdict().items() if value is not None}
        if writer.copies:
            places = found["attention"]
            found |= {"attention": places[:, :, :-1], "copying": places[:, :, -1]}
        return found

    return write


def streaming(model: keras.Model) -> Streaming:
    """The decoder with its state outside, fed with the tokens before each step.

    `start` takes the inputs that are read, `step` takes `previous`, int32 `[batch, time]`. The last
    states, with attention, are the memory and its mask and, where tokens are copied, those that
    were read, which no step changes.

    Args:
        model: of `build`, perhaps saved and loaded since.
    """
    writer = Writer(model)
    own = writer.decoder.state_specs()

    def begin(inputs: int | tf.Tensor | Tensors) -> list[tf.Tensor]:
        if not isinstance(inputs, Mapping):
            raise TypeError("a decoder starts from the inputs that it is to write about")
        states, seen = writer.read(inputs)
        return [*states, *seen.values()]

    def advance(
        inputs: Tensors, states: list[tf.Tensor], training: bool
    ) -> tuple[dict[str, tf.Tensor], list[tf.Tensor]]:
        seen = states[len(own) :]
        answers, after = writer.decoder(
            inputs[PREVIOUS], states[: len(own)], *seen, training=training
        )
        return answers, [*after, *seen]

    previous = tf.TensorSpec([None, None], tf.int32, PREVIOUS)
    return Streaming([previous], own + writer.context_specs(), begin, advance)
