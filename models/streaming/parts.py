"""The parts of a functional model, perhaps saved and loaded since, before and after a named layer.

The parts share the model's weights.
"""

from __future__ import annotations

import inspect
from typing import Any

import keras


def before(model: keras.Model, name: str) -> keras.Model:
    """The part that computes the inputs of a layer.

    Args:
        model: functional, with a dictionary of inputs.
        name: of the layer.

    Returns:
        A model from the model's inputs to the list of tensors that the layer is called with.
    """
    return keras.Model(model.input, keras.tree.flatten(model.get_layer(name).input))


def after(model: keras.Model, name: str) -> keras.Model:
    """The part that follows a layer.

    Args:
        model: functional, with a dictionary of answers.
        name: of the layer.

    Returns:
        A model from the first output of the layer to the answers that are computed from it alone,
        without those that the layer itself returns.
    """
    outputs = keras.tree.flatten(model.get_layer(name).output)
    own = {id(tensor) for tensor in outputs}
    answers = {key: value for key, value in model.output.items() if id(value) not in own}
    return keras.Model(outputs[0], answers)


def arguments(model: keras.Model, name: str) -> dict[str, Any]:
    """The symbolic tensors that a layer is called with, by the names of its arguments.

    Args:
        model: functional.
        name: of the layer.

    Returns:
        Tensors, or lists of them, by name; arguments that were None or left out are missing.
    """
    layer = model.get_layer(name)
    call = layer._inbound_nodes[0].arguments
    bound = inspect.signature(layer.call).bind(*call.args, **call.kwargs).arguments
    return {key: value for key, value in bound.items() if value is not None}


def has(model: keras.Model, name: str) -> bool:
    """Whether the model has a layer of that name."""
    return any(layer.name == name for layer in model.layers)
