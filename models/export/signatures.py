"""A network as a SavedModel: raw inputs in, decoded answers out, and a step with its state outside.

An export holds no XLA-compiled function: TensorFlow Serving has XLA on CPU switched off. What is
traced here is the plain path of the recurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from models.export.preprocessing import Preprocessing
from models.layers.recurrent import plain
from models.streaming import Streaming

Tensors = dict[str, tf.Tensor]

Answer = Callable[[Mapping[str, tf.Tensor]], Tensors]
"""Of `models.build.answer`: the network's inputs by name -> its answers by name."""

Score = Callable[[Mapping[str, tf.Tensor], tf.Tensor], Tensors]
"""Of `models.build.score`: the network's inputs by name and targets -> how it rates them."""


def raw_function(answer: Answer, preprocessing: Preprocessing) -> Callable[..., Tensors]:
    """The whole way from raw inputs to decoded outputs.

    Args:
        answer: how the network answers.
        preprocessing: what surrounds it.

    Returns:
        A function of the raw tensors, in the order of the signature.
    """
    names = list(preprocessing.input.signature())

    def serve(*tensors: tf.Tensor) -> Tensors:
        encoded = preprocessing.input.encode(dict(zip(names, tensors, strict=True)))
        return preprocessing.output.decode(answer(dense(encoded.inputs)), encoded)

    return serve


def score_function(score: Score, preprocessing: Preprocessing) -> Callable[..., Tensors]:
    """The whole way from raw inputs and targets to how the network rates these targets.

    Args:
        score: how the network rates given targets.
        preprocessing: what surrounds it.

    Returns:
        A function of the raw tensors, inputs and then targets, in the order of the signatures.
    """
    names = [*preprocessing.input.signature(), *preprocessing.output.target_signature()]

    def rate(*tensors: tf.Tensor) -> Tensors:
        raw = dict(zip(names, tensors, strict=True))
        encoded = preprocessing.input.encode(raw)
        targets = _padded(preprocessing.output.encode_targets(raw, encoded))
        return preprocessing.output.decode_score(score(dense(encoded.inputs), targets))

    return rate


def write(
    model: keras.Model,
    answer: Answer,
    preprocessing: Preprocessing,
    folder: Path,
    streaming: Streaming | None = None,
    beams: bool = False,
    score: Score | None = None,
) -> dict[str, tuple[str, ...]]:
    """Writes the SavedModel.

    Signatures: `serving_default`, raw inputs to decoded outputs. Of a network that can stream,
    `start` and `step`: where it reads chunks of a sequence, `start` takes `batch_size` and gives
    the states before the first chunk, and `step` takes a raw chunk and the states and gives the
    decoded answers for it and the next states; of a decoder, `start` takes the raw inputs, and
    `step` the tokens written since, `previous`, for the logits of the next ones. Streaming gives
    exactly what the whole sequence gives. Of a network that writes by beam search, `beam` takes a
    `beam_width` beside the raw inputs. Where given targets can be rated, `score` takes them beside
    the raw inputs.

    Args:
        model: the network.
        answer: how it answers.
        preprocessing: what surrounds it.
        folder: to be made.
        streaming: the network with its state outside; None where it cannot stream.
        beams: whether the network writes by beam search.
        score: how the network rates given targets; None where it does not.

    Returns:
        Name of each signature -> names of its outputs.
    """
    raw = preprocessing.input.signature()
    signatures = {"serving_default": signature(raw_function(answer, preprocessing), raw)}
    if beams:
        width = {"beam_width": tf.TensorSpec([], tf.int32)}
        signatures["beam"] = signature(_beam_function(answer, preprocessing), {**raw, **width})
    if score:
        rated = {**raw, **preprocessing.output.target_signature()}
        signatures["score"] = signature(score_function(score, preprocessing), rated)
    if streaming:
        of_decoder = "previous" in streaming.input_specs()
        made = _decoder_signatures if of_decoder else _reader_signatures
        signatures |= made(streaming, preprocessing)
    save(folder, signatures, [model], preprocessing)
    return {name: tuple(each.structured_outputs) for name, each in signatures.items()}


def signature(function: Callable[..., Tensors], specs: Mapping[str, tf.TensorSpec]) -> Any:
    """A function as a signature, traced by the plain path of the recurrence.

    Args:
        function: of the tensors, in the order of `specs`.
        specs: name of each input -> its shape and type.

    Returns:
        The concrete function, whose inputs have these names.
    """

    def traced(*tensors: tf.Tensor) -> Tensors:
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
        *tracked: what else they use, such as lookup tables, which would not be saved otherwise
            (keras#20758).
    """
    module = tf.Module()
    module.variables_of_models = [
        variable.value for model in models for variable in model.variables
    ]
    module.tracked = list(tracked)
    tf.saved_model.save(module, str(folder), signatures=dict(signatures))


def _beam_function(answer: Answer, preprocessing: Preprocessing) -> Callable[..., Tensors]:
    def search(*tensors: tf.Tensor) -> Tensors:
        *values, width = tensors
        encoded = preprocessing.input.encode(
            dict(zip(preprocessing.input.signature(), values, strict=True))
        )
        answers = answer({**dense(encoded.inputs), "beam_width": width})
        return preprocessing.output.decode(answers, encoded)

    return search


def _reader_signatures(streaming: Streaming, preprocessing: Preprocessing) -> dict[str, Any]:
    raw, states = preprocessing.input.signature(), streaming.state_specs()

    def start(batch_size: tf.Tensor) -> Tensors:
        first = streaming.start(batch_size)
        beginning = preprocessing.input.encode_beginning(batch_size)
        return first if beginning is None else streaming.step(beginning, first)[1]

    def step(*tensors: tf.Tensor) -> Tensors:
        values = dict(zip([*raw, *states], tensors, strict=True))
        encoded = preprocessing.input.encode_chunk({name: values[name] for name in raw})
        before = {name: values[name] for name in states}
        answers, after = streaming.step(dense(encoded.inputs), before)
        return {**preprocessing.output.decode(answers, encoded), **after}

    batch = {"batch_size": tf.TensorSpec([], tf.int32)}
    return {"start": signature(start, batch), "step": signature(step, {**raw, **states})}


def _decoder_signatures(streaming: Streaming, preprocessing: Preprocessing) -> dict[str, Any]:
    raw, inputs, states = (
        preprocessing.input.signature(),
        streaming.input_specs(),
        streaming.state_specs(),
    )

    def start(*tensors: tf.Tensor) -> Tensors:
        encoded = preprocessing.input.encode(dict(zip(raw, tensors, strict=True)))
        return streaming.start(dense(encoded.inputs))

    def step(*tensors: tf.Tensor) -> Tensors:
        values = dict(zip([*inputs, *states], tensors, strict=True))
        before = {name: values[name] for name in states}
        answers, after = streaming.step({name: values[name] for name in inputs}, before)
        return {**answers, **after}

    return {"start": signature(start, raw), "step": signature(step, {**inputs, **states})}


def dense(inputs: Mapping[str, tf.Tensor | tf.RaggedTensor]) -> Tensors:
    """Ragged inputs as tensors, padded with zeros on the right to one step at least."""
    return {
        name: _padded(value) if isinstance(value, tf.RaggedTensor) else value
        for name, value in inputs.items()
    }


def _padded(sequences: Any) -> tf.Tensor:
    """Ragged sequences as a tensor of one step at least: a chunk may be empty, a loop may not."""
    padded = sequences.to_tensor()
    missing = tf.maximum(1 - tf.shape(padded)[1], 0)
    return tf.pad(padded, [[0, 0], [0, missing], *[[0, 0]] * (padded.shape.rank - 2)])
