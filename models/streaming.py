"""A network with its state outside, to be fed in pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from models import parts
from models.inputs.ngrams import Lookback
from models.settings import SpecError
from models.spec import ModelSpec

Tensors = Mapping[str, tf.Tensor]
Begin = Callable[[int | tf.Tensor | Tensors], list[tf.Tensor]]
Advance = Callable[[Tensors, list[tf.Tensor], bool], tuple[dict[str, tf.Tensor], list[tf.Tensor]]]
Decide = Callable[[Any, Any], Any]
"""Answers and mask -> more answers."""


class Streaming:
    """A network with its state outside, to be fed in pieces of any length.

    Fed with the pieces of a sequence, each with the states that the piece before gave, it answers
    for each piece what the network answers for the whole. Each row of a batch may be at another
    place: rows that are shorter than a piece are padded on the right, as inputs always are.

    Args:
        inputs: of a step, with their names.
        states: shapes and types of the states.
        begin: gives the states before the first piece.
        advance: takes inputs, states and whether it is training; gives answers and states.
    """

    def __init__(
        self,
        inputs: Sequence[tf.TensorSpec],
        states: Sequence[tf.TensorSpec],
        begin: Begin,
        advance: Advance,
    ):
        self._inputs = inputs
        self._states = states
        self._begin = begin
        self._advance = advance

    def input_specs(self) -> dict[str, tf.TensorSpec]:
        """What a step reads, by name; batch and time are open."""
        return {spec.name: spec for spec in self._inputs}

    def state_specs(self) -> dict[str, tf.TensorSpec]:
        """The states by name, `state_0` and so on; the batch, and the past of caches, are open."""
        return {
            f"state_{index}": tf.TensorSpec(spec.shape, spec.dtype, f"state_{index}")
            for index, spec in enumerate(self._states)
        }

    def start(self, of: int | tf.Tensor | Tensors) -> dict[str, tf.Tensor]:
        """The states before the first piece.

        Args:
            of: the number of rows; of a decoder, the inputs that it starts from.
        """
        return self._named(self._begin(of))

    def step(
        self, inputs: Tensors, states: Tensors, training: bool = False
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Reads a piece.

        Args:
            inputs: of the piece, by name.
            states: of `start` or of the step before.
            training: whether dropout is drawn.

        Returns:
            The answers for this piece, and the states for the next one.
        """
        held = [states[name] for name in self.state_specs()]
        answers, after = self._advance(inputs, held, training)
        return answers, self._named(after)

    def _named(self, states: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
        return dict(zip(self.state_specs(), states, strict=True))


class Summary(Protocol):
    """A layer after the stack that looks at all steps, and so carries something itself."""

    def read(
        self, states: tf.Tensor, where: tf.Tensor, before: list[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor | None, list[tf.Tensor]]:
        """Gives its result, attention weights or None, and what it carries on."""
        ...

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """What it carries before the first piece."""
        ...

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of what it carries."""
        ...


def stack_streaming(
    spec: ModelSpec, model: keras.Model, summary: str | None, decide: Decide | None = None
) -> Streaming:
    """Feeds a network in pieces that reads with a stack.

    Args:
        spec: that the model was built from.
        model: with a layer `stack`.
        summary: name of the `Summary` between stack and head; None where there is none.
        decide: adds answers to those of the head, from these and the mask of the piece.

    Returns:
        The step form. Its `attention` is that of a piece's steps.

    Raises:
        SpecError: the network cannot be fed in pieces.
    """
    _refuse_the_whole(spec)
    stack = model.get_layer("stack")
    over: Summary | None = model.get_layer(summary) if summary else None
    before, after = parts.before(model, "stack"), parts.after(model, summary or "stack")
    lookback = Lookback(spec.ngrams, before)
    carriers = [stack, *([over] if over else []), lookback]
    specs = [carrier.state_specs() for carrier in carriers]
    own, rest = len(specs[0]), len(specs[-1])

    def begin(of: int | tf.Tensor | Tensors) -> list[tf.Tensor]:
        rows = tf.shape(next(iter(of.values())))[0] if isinstance(of, Mapping) else of
        return [state for carrier in carriers for state in carrier.initial_states(rows)]

    def advance(
        inputs: Tensors, states: list[tf.Tensor], training: bool
    ) -> tuple[dict[str, tf.Tensor], list[tf.Tensor]]:
        end = len(states) - rest
        sequence, mask, seen = lookback.read(inputs, states[end:], training)
        found, carried = stack(sequence, mask=mask, states=states[:own], training=training)
        weights, more = None, []
        if over:
            found, weights, more = over.read(found, mask, states[own:end])
        answers = after(found, training=training)
        if weights is not None:
            answers["attention"] = weights
        if decide:
            answers |= decide(answers, mask)
        return answers, [*carried, *more, *seen]

    states = [state for carried in specs for state in carried]
    return Streaming(_piece_specs(model), states, begin, advance)


def _piece_specs(model: keras.Model) -> list[tf.TensorSpec]:
    return [tf.TensorSpec(tensor.shape, tensor.dtype, name) for name, tensor in model.input.items()]


def _refuse_the_whole(spec: ModelSpec) -> None:
    """Refuses networks that must have the whole of a sequence."""
    if spec.bidirectional:
        raise SpecError(
            "bidirectional",
            "who reads backwards begins at the end, which is not there yet when a sequence comes in"
            " pieces; set bidirectional=0",
        )
    if spec.input == "rows":
        raise SpecError(
            "input",
            "an image has all its rows at once and is not fed in pieces; give its rows as features",
        )
