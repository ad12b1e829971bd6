"""What the modes that write a sequence share: a decoder, and how it is run free or step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf
from keras import KerasTensor

from models.decoding import decode
from models.ids import START
from models.layers.decoder.token_decoder import TokenDecoder
from models.spec import ModelSpec
from models.spec.generation import Generation
from models.streaming import Streaming, Tensors, parts

if TYPE_CHECKING:
    from models.outputs.tokens import Tokens

Answer = Callable[[Tensors], dict[str, tf.Tensor]]

PREVIOUS = "previous"
"""The input that holds the token before each step; it is not given when the network runs free."""


def build(
    spec: ModelSpec,
    inputs: dict[str, KerasTensor],
    states: list[KerasTensor] | None,
    context: Mapping[str, KerasTensor],
    outputs: Tokens,
    embedding: keras.layers.Layer | None = None,
) -> keras.Model:
    """Adds a decoder to what encodes the inputs.

    Args:
        spec: of the network.
        inputs: of the encoder, by name.
        states: initial states of the decoder, `[batch, ...]` each; None for its own.
        context: what each step of the decoder reads, in the order of `TokenDecoder.call`: with
            attention `memory`, float `[batch, steps, features]`, and `memory_mask`, bool `[batch,
            steps]`; where tokens are copied also `source`, int32 `[batch, steps]`.
        outputs: what is written.
        embedding: of the tokens, shared with the encoder; None for one of the decoder's own.

    Returns:
        The model, with int32 `previous` `[batch, length]` as one more input.
    """
    previous = keras.Input((None,), dtype="int32", name=PREVIOUS)
    decoder = TokenDecoder.from_spec(spec, outputs.vocabulary_size, "decoder", embedding)
    # By position: by keyword, Keras would sort them, and the layers of the model with them.
    answers, _ = decoder(previous, states, *context.values())
    name = f"{spec.mode}_{spec.cell}"
    return keras.Model(inputs | {PREVIOUS: previous}, answers, name=name)


class Encoded(NamedTuple):
    """What a decoder starts from.

    Attributes:
        states: of the decoder, before its first step.
        context: `memory`, `memory_mask` and `source` as of `build`, those that there are.
    """

    states: list[tf.Tensor]
    context: dict[str, Any]


class Writer:
    """The two halves of a model of `build`: the encoder, run once, and the decoder.

    Args:
        model: of `build`, perhaps saved and loaded since.
    """

    def __init__(self, model: keras.Model):
        self.decoder: TokenDecoder = model.get_layer("decoder")
        encoded = parts.arguments(model, "decoder")
        del encoded[PREVIOUS]
        inputs = {name: tensor for name, tensor in model.input.items() if name != PREVIOUS}
        self.encoder = keras.Model(inputs, encoded, name="encoder")

    def encode(self, inputs: Tensors) -> Encoded:
        """Runs the encoder.

        Args:
            inputs: of the model, by name; `previous` is ignored.
        """
        context = self.encoder({name: inputs[name] for name in self.encoder.input}, training=False)
        states = context.pop("states", None)
        if states is None:
            states = self.decoder.initial_states(rows(inputs))
        return Encoded(states, context)

    def context_specs(self) -> dict[str, tf.TensorSpec]:
        """Shapes and types of the context, batch and steps open."""
        return {
            name: tf.TensorSpec([None, None, *tensor.shape[2:]], tensor.dtype)
            for name, tensor in self.encoder.output.items()
            if name != "states"
        }


def rows(inputs: Tensors) -> tf.Tensor:
    """The number of rows of a batch, an int32 scalar."""
    return tf.shape(next(iter(inputs.values())))[0]


def answer(spec: ModelSpec, model: keras.Model, outputs: Tokens, generation: Generation) -> Answer:
    """Free-running decoding: each step reads the token that the step before has written.

    Args:
        spec: that the model was built from.
        model: of `build`, perhaps saved and loaded since.
        outputs: what it writes.
        generation: how it writes.

    Returns:
        A function of the inputs by name, of which it ignores `previous`. It gives `tokens`, int32
        `[batch, length]`, without END and padded with 0; `lengths`, int32 `[batch]`; `scores`,
        float32 `[batch]`, the log-probabilities, of a beam normalised by length; with attention,
        `attention`, float32 `[batch, length, steps]`; and where tokens are copied, `copying`,
        float32 `[batch, length]`, the probability of that. With a beam, an int32 scalar
        `beam_width` among the inputs takes the place of that of `generation`.
    """
    writer = Writer(model)

    def step(
        tokens: tf.Tensor, states: list[tf.Tensor], context: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor], list[tf.Tensor]]:
        answers, after = writer.decoder(tf.expand_dims(tokens, 1), states=states, **context)
        now = {name: tf.squeeze(value, 1) for name, value in answers.items()}
        return now.pop("logits"), now, after

    def write(inputs: Tensors) -> dict[str, tf.Tensor]:
        states, context = writer.encode(inputs)
        memory = context.get("memory")
        if memory is not None:  # its keys and values are the same for all steps
            context["memory"] = writer.decoder.project(memory)
        width = inputs.get("beam_width") if generation.strategy == "beam" else None
        first = tf.fill([rows(inputs)], START)
        return decode(step, states, first, generation, context, beam_width=width).named()

    return write


def streaming(spec: ModelSpec, model: keras.Model, outputs: Tokens) -> Streaming:
    """The decoder with its state outside.

    `start` takes the inputs of the encoder, `step` takes `previous`, int32 `[batch, time]`, the
    token before each step. The context belongs to the states, though no step changes it.

    Args:
        spec: that the model was built from.
        model: of `build`, perhaps saved and loaded since.
        outputs: what it writes.
    """
    writer = Writer(model)
    context_specs = writer.context_specs()

    def begin(inputs: int | tf.Tensor | Tensors) -> dict[str, list[tf.Tensor]]:
        if not isinstance(inputs, Mapping):
            raise TypeError("a decoder starts from the inputs that it is to write about")
        states, context = writer.encode(inputs)
        return {"decoder": states, **{name: [context[name]] for name in context_specs}}

    def advance(
        inputs: Tensors, states: dict[str, list[tf.Tensor]], training: bool
    ) -> tuple[dict[str, tf.Tensor], dict[str, list[tf.Tensor]]]:
        context = {name: states[name][0] for name in context_specs}
        answers, after = writer.decoder(
            inputs[PREVIOUS], states=states["decoder"], **context, training=training
        )
        return answers, states | {"decoder": after}

    specs = {"decoder": writer.decoder.state_specs()}
    specs |= {name: [spec] for name, spec in context_specs.items()}
    previous = tf.TensorSpec([None, None], tf.int32, PREVIOUS)
    return Streaming([previous], specs, begin, advance)
