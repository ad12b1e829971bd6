"""A network as a SavedModel: raw inputs in, decoded answers out, and a step with its state outside.

An export holds no XLA-compiled function: TensorFlow Serving has XLA on CPU switched off. What is
traced here is the plain path of the recurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import keras
import tensorflow as tf

from models.recurrent import plain
from models.road import PieceRoad, RawRoad, ScoredRoad
from models.streaming import Streaming

Answer = Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]
"""Of `models.build.answer`: the network's inputs by name -> its answers by name."""

Score = Callable[[Mapping[str, tf.Tensor], tf.Tensor], dict[str, tf.Tensor]]
"""Of `models.build.score`: the network's inputs by name and targets -> what it thinks of them."""


def raw_function(answer: Answer, road: RawRoad) -> Callable[..., dict[str, tf.Tensor]]:
    """The whole way from raw inputs to decoded outputs.

    Args:
        answer: how the network answers.
        road: what surrounds it.

    Returns:
        A function of the raw tensors, in the order of the signature.
    """
    names = list(road.signature())

    def serve(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = dict(zip(names, tensors, strict=True))
        return road.decode(answer(_encoded(road, raw)), raw)

    return serve


def score_function(score: Score, road: ScoredRoad) -> Callable[..., dict[str, tf.Tensor]]:
    """The whole way from raw inputs and targets to what the network thinks of these.

    Args:
        score: how the network rates given targets.
        road: what surrounds it.

    Returns:
        A function of the raw tensors, inputs and then targets, in the order of the signatures.
    """
    names = [*road.signature(), *road.target_signature()]

    def rate(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = dict(zip(names, tensors, strict=True))
        targets = _padded(road.encode_targets(raw))
        return road.decode_score(score(_encoded(road, raw), targets), raw)

    return rate


def write(
    model: keras.Model,
    answer: Answer,
    road: RawRoad,
    folder: Path,
    streaming: Streaming | None = None,
    beams: bool = False,
    score: Score | None = None,
) -> None:
    """Writes the SavedModel.

    Signatures: `serving_default`, raw in and decoded out; and, of a network that can be fed in
    pieces, `start` and `step`. Of a network that reads, `start` takes `batch_size` and gives the
    states before the first piece (of a `PieceRoad`, after what stands before it), and `step` takes
    a raw piece and the states and gives the decoded answers for it and the states after it. Of a
    decoder, `start` takes the raw inputs that it starts from, and `step` the tokens written since,
    `previous`, for the logits of the next ones. Feeding in pieces gives exactly what feeding the
    whole gives. Of a network that writes by beam search, `beam` takes a `beam_width` beside the raw
    inputs. Where given targets can be scored, `score` takes them beside the raw inputs.

    Args:
        model: the network.
        answer: how it answers.
        road: what surrounds it; a `ScoredRoad` where targets are scored.
        folder: to be made.
        streaming: the network with its state outside; None where it cannot be fed in pieces.
        beams: whether the network writes by beam search.
        score: how the network rates given targets; None where it does not.
    """
    signatures = {"serving_default": signature(raw_function(answer, road), road.signature())}
    if beams:
        width = {"beam_width": tf.TensorSpec([], tf.int32)}
        signatures["beam"] = signature(_beam_function(answer, road), {**road.signature(), **width})
    if score:
        scored = cast("ScoredRoad", road)
        given = {**scored.signature(), **scored.target_signature()}
        signatures["score"] = signature(score_function(score, scored), given)
    if streaming:
        from_inputs = "previous" in streaming.input_specs()
        in_pieces = _decoder_signatures if from_inputs else _reader_signatures
        signatures |= in_pieces(streaming, road)
    save(folder, signatures, [model], road)


def signature(
    function: Callable[..., dict[str, tf.Tensor]], specs: Mapping[str, tf.TensorSpec]
) -> Any:
    """A function as a signature, traced by the plain path of the recurrence.

    Args:
        function: of the tensors, in the order of `specs`.
        specs: name of each input -> its shape and type.

    Returns:
        The concrete function, whose inputs have these names.
    """

    def traced(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        with plain():
            return function(*tensors)

    # A spec without a name would be asked for as `tensors_0`.
    named = [tf.TensorSpec(spec.shape, spec.dtype, key) for key, spec in specs.items()]
    return tf.function(traced, input_signature=named, autograph=False).get_concrete_function()


def save(
    folder: Path, signatures: Mapping[str, Any], models: Sequence[keras.Model], *tracked: Any
) -> None:
    """Writes signatures as a SavedModel, with the weights they use and nothing else.

    A Keras model that is saved itself, or through Keras's archive, takes a trace of its call along,
    by whatever path the call takes in training.

    Args:
        folder: to be made.
        signatures: by name.
        models: whose weights they use.
        *tracked: what else they use, such as lookup tables, which nobody could save otherwise
            (keras#20758).
    """
    module = tf.Module()
    module.variables_of_models = [
        variable.value for model in models for variable in model.variables
    ]
    module.tracked = list(tracked)
    tf.saved_model.save(module, str(folder), signatures=dict(signatures))


def _beam_function(answer: Answer, road: RawRoad) -> Callable[..., dict[str, tf.Tensor]]:
    def search(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        *given, width = tensors
        raw = dict(zip(road.signature(), given, strict=True))
        return road.decode(answer({**_encoded(road, raw), "beam_width": width}), raw)

    return search


def _reader_signatures(streaming: Streaming, road: RawRoad) -> dict[str, Any]:
    states = streaming.state_specs()
    own = cast("PieceRoad", road) if hasattr(road, "encode_piece") else None
    encode = own.encode_piece if own else road.encode

    def start(batch_size: tf.Tensor) -> dict[str, tf.Tensor]:
        begin = streaming.start(batch_size)
        return streaming.step(own.encode_beginning(batch_size), begin)[1] if own else begin

    def step(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        given = dict(zip([*road.signature(), *states], tensors, strict=True))
        raw = {name: given[name] for name in road.signature()}
        before = {name: given[name] for name in states}
        answers, after = streaming.step(_dense(encode(raw)), before)
        return {**road.decode(answers, raw), **after}

    batch = {"batch_size": tf.TensorSpec([], tf.int32)}
    return {
        "start": signature(start, batch),
        "step": signature(step, {**road.signature(), **states}),
    }


def _decoder_signatures(streaming: Streaming, road: RawRoad) -> dict[str, Any]:
    inputs, states = streaming.input_specs(), streaming.state_specs()

    def start(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        return streaming.start(_encoded(road, dict(zip(road.signature(), tensors, strict=True))))

    def step(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        given = dict(zip([*inputs, *states], tensors, strict=True))
        before = {name: given[name] for name in states}
        answers, after = streaming.step({name: given[name] for name in inputs}, before)
        return {**answers, **after}

    return {
        "start": signature(start, road.signature()),
        "step": signature(step, {**inputs, **states}),
    }


def _encoded(road: RawRoad, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return _dense(road.encode(raw))


def _dense(inputs: Mapping[str, tf.Tensor | tf.RaggedTensor]) -> dict[str, tf.Tensor]:
    return {
        name: _padded(value) if isinstance(value, tf.RaggedTensor) else value
        for name, value in inputs.items()
    }


def _padded(sequences: Any) -> tf.Tensor:
    """Ragged sequences as a tensor of a step at least: a piece may be empty, a loop may not."""
    dense = sequences.to_tensor()
    missing = tf.maximum(1 - tf.shape(dense)[1], 0)
    return tf.pad(dense, [[0, 0], [0, missing], *[[0, 0]] * (dense.shape.rank - 2)])
