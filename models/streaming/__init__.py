"""Streaming: a network with its state outside, so that sequences can come in chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from models.inputs.ngrams import Lookback
from models.spec import ModelSpec
from models.spec.settings import SpecError
from models.streaming import parts

Tensors = Mapping[str, tf.Tensor]
States = dict[str, list[tf.Tensor]]
"""The states of each part of a network, by the part's name."""
Begin = Callable[[int | tf.Tensor | Tensors], States]
Advance = Callable[[Tensors, States, bool], tuple[dict[str, tf.Tensor], States]]
Decide = Callable[[Any, Any], Any]
"""`(answers, mask) -> further answers`."""


class Streaming:
    """A network with its state outside, which reads sequences in chunks of any length.

    For the chunks of a sequence, each with the states after the chunk before, it answers what the
    network answers for the whole. The rows of a batch may be at different places: rows that are
    shorter than a chunk are padded on the right, as inputs always are.

    Args:
        inputs: specs of a step's inputs, with their names.
        states: specs of the states, by the part of the network that they belong to.
        begin: gives the states before the first chunk.
        advance: takes inputs, states and whether it is training; gives answers and states.
    """

    def __init__(
        self,
        inputs: Sequence[tf.TensorSpec],
        states: Mapping[str, Sequence[tf.TensorSpec]],
        begin: Begin,
        advance: Advance,
    ):
        self._inputs = inputs
        self._states = states
        self._begin = begin
        self._advance = advance

    def input_specs(self) -> dict[str, tf.TensorSpec]:
        """Inputs of a step by name; batch and time are open."""
        return {spec.name: spec for spec in self._inputs}

    def state_specs(self) -> dict[str, tf.TensorSpec]:
        """States as `state_0`, `state_1`, ...; the batch, and the past of caches, are open."""
        flat = [spec for part in self._states.values() for spec in part]
        return {
            f"state_{index}": tf.TensorSpec(spec.shape, spec.dtype, f"state_{index}")
            for index, spec in enumerate(flat)
        }

    def start(self, of: int | tf.Tensor | Tensors) -> dict[str, tf.Tensor]:
        """The states before the first chunk.

        Args:
            of: the number of rows; for a decoder, the inputs of its encoder.
        """
        return self._numbered(self._begin(of))

    def step(
        self, inputs: Tensors, states: Tensors, training: bool = False
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Reads a chunk.

        Args:
            inputs: of the chunk, by name.
            states: of `start` or of the step before.
            training: whether dropout is drawn.

        Returns:
            The answers for this chunk, and the states for the next one.
        """
        names = iter(self.state_specs())
        of_parts = {
            part: [states[next(names)] for _ in specs] for part, specs in self._states.items()
        }
        answers, after = self._advance(inputs, of_parts, training)
        return answers, self._numbered(after)

    def _numbered(self, states: States) -> dict[str, tf.Tensor]:
        flat = [state for part in self._states for state in states[part]]
        return dict(zip(self.state_specs(), flat, strict=True))


class Summary(Protocol):
    """A layer over the outputs of a stack that looks at all steps, and so has states itself."""

    def read(
        self, states: tf.Tensor, where: tf.Tensor, before: list[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor | None, list[tf.Tensor]]:
        """Gives its outputs, attention weights or None, and its states after the chunk."""
        ...

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """Its states before the first chunk."""
        ...

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of its states."""
        ...


def stack_streaming(
    spec: ModelSpec, model: keras.Model, summary: str | None, decide: Decide | None = None
) -> Streaming:
    """The step form of a network whose sequence is read by a stack.

    Args:
        spec: that the model was built from.
        model: with a layer `stack`.
        summary: name of the `Summary` between stack and head; None where there is none.
        decide: adds answers to those of the head, from these and the mask of the chunk.

    Returns:
        The step form. Its `attention` is that of a chunk's steps.

    Raises:
        SpecError: the network must see whole sequences.
    """
    _refuse_whole_sequences(spec)
    stack = model.get_layer("stack")
    over: Summary | None = model.get_layer(summary) if summary else None
    head = parts.after(model, summary or "stack")
    lookback = Lookback(spec.ngrams, parts.before(model, "stack"))
    carriers = {"stack": stack, "summary": over, "lookback": lookback}
    carriers = {name: part for name, part in carriers.items() if part is not None}

    def begin(of: int | tf.Tensor | Tensors) -> States:
        rows = tf.shape(next(iter(of.values())))[0] if isinstance(of, Mapping) else of
        return {name: part.initial_states(rows) for name, part in carriers.items()}

    def advance(
        inputs: Tensors, states: States, training: bool
    ) -> tuple[dict[str, tf.Tensor], States]:
        after: States = {}
        sequence, mask, after["lookback"] = lookback.read(inputs, states["lookback"], training)
        outputs, after["stack"] = stack(
            sequence, mask=mask, states=states["stack"], training=training
        )
        weights = None
        if over:
            outputs, weights, after["summary"] = over.read(outputs, mask, states["summary"])
        answers = head(outputs, training=training)
        if weights is not None:
            answers["attention"] = weights
        if decide:
            answers |= decide(answers, mask)
        return answers, after

    inputs = [tf.TensorSpec(x.shape, x.dtype, name) for name, x in model.input.items()]
    specs = {name: part.state_specs() for name, part in carriers.items()}
    return Streaming(inputs, specs, begin, advance)


def _refuse_whole_sequences(spec: ModelSpec) -> None:
    """Refuses networks that must see whole sequences."""
    if spec.bidirectional:
        raise SpecError(
            "bidirectional",
            "a bidirectional network needs the end of the sequence, so it cannot be streamed; set"
            " bidirectional=0",
        )
    if spec.convolution:
        raise SpecError(
            "convolution",
            "a convolution needs later steps, so it cannot be streamed; set convolution=0",
        )
    if spec.input == "rows":
        raise SpecError(
            "input",
            "an image has all its rows at once and cannot be streamed; pass its rows as features",
        )
