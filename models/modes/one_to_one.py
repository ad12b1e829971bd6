"""Mode one_to_one: one input -> one output, by a feed-forward network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import KerasTensor

from models.inputs import SingleInput
from models.modes.direct import answer
from models.outputs import SingleOutputs
from models.spec import ModelSpec
from models.spec.settings import SpecError

if TYPE_CHECKING:
    from models.streaming import Streaming

__all__ = ["answer", "build", "streaming"]


def build(spec: ModelSpec, inputs: SingleInput, outputs: SingleOutputs) -> keras.Model:
    """The network: for images a convolutional network, then dense layers and the head.

    Args:
        spec: the network's make; `spec.validate()` has passed.
        inputs: what it reads.
        outputs: what it answers.

    Returns:
        A model from the inputs by name to the answers by name.
    """
    read = inputs.connect_single(spec)
    hidden = _dense_layers(spec, read.vector)
    return keras.Model(read.inputs, outputs.connect(hidden), name=f"{spec.mode}_{spec.input}")


def streaming(spec: ModelSpec, model: keras.Model, outputs: SingleOutputs) -> Streaming:
    """Not supported: there are no steps.

    Raises:
        SpecError: always.
    """
    raise SpecError("mode", "one_to_one has no steps to stream; choose a mode with sequences")


def _dense_layers(spec: ModelSpec, vector: KerasTensor) -> KerasTensor:
    """Layers of x' = norm(relu(W x + b)) + x, dropout after each, `[batch, units]`.

    The sum from the second layer on, and norm, are there where the spec asks for them.
    """
    penalty = keras.regularizers.L1L2(spec.l1, spec.l2) if spec.l1 or spec.l2 else None
    for index in range(spec.layers):
        below = vector
        vector = keras.layers.Dense(
            spec.units,
            activation="relu",
            kernel_initializer="he_normal",
            kernel_regularizer=penalty,
            name=f"dense_{index}",
        )(vector)
        if spec.layer_norm:
            vector = keras.layers.LayerNormalization(name=f"norm_{index}")(vector)
        if spec.residual and index:
            vector = keras.layers.Add(name=f"residual_{index}")([vector, below])
        if spec.dropout:
            vector = keras.layers.Dropout(spec.dropout, name=f"dropout_{index}")(vector)
    return vector
