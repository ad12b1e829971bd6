"""What the modes with one answer about the whole share: the network answers as it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import keras

from models.outputs import SingleOutputs
from models.spec import ModelSpec
from models.spec.generation import Generation

if TYPE_CHECKING:
    import tensorflow as tf


def answer(
    spec: ModelSpec, model: keras.Model, outputs: SingleOutputs, generation: Generation
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """The model itself: it answers as it is trained.

    Args:
        spec: that the model was built from.
        model: of `build`.
        outputs: what it answers.
        generation: how a decoder writes; there is none.
    """
    return model
