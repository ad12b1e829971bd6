"""What lies before and after a named layer of a functional model, perhaps saved and loaded since.

The parts share the model's weights.
"""

from __future__ import annotations

import keras


def before(model: keras.Model, name: str) -> keras.Model:
    """What leads to a layer.

    Args:
        model: functional, with a dictionary of inputs.
        name: of the layer.

    Returns:
        A model from the model's inputs to the list of tensors that the layer is called with.
    """
    return keras.Model(model.input, keras.tree.flatten(model.get_layer(name).input))


def after(model: keras.Model, name: str) -> keras.Model:
    """What follows a layer.

    Args:
        model: functional, with a dictionary of answers.
        name: of the layer.

    Returns:
        A model from the first tensor that the layer gives to those answers that follow from it
        alone and are not given by the layer itself.
    """
    given = keras.tree.flatten(model.get_layer(name).output)
    own = {id(tensor) for tensor in given}
    answers = {key: value for key, value in model.output.items() if id(value) not in own}
    return keras.Model(given[0], answers)


def has(model: keras.Model, name: str) -> bool:
    """Whether the model has a layer of that name."""
    return any(layer.name == name for layer in model.layers)
