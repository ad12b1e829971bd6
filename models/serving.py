"""A network as a SavedModel that takes raw inputs and gives decoded answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from models.road import RawRoad


def raw_function(model: keras.Model, road: RawRoad) -> Callable[..., dict[str, tf.Tensor]]:
    """The whole way from raw inputs to decoded outputs.

    Args:
        model: the network.
        road: what surrounds it.

    Returns:
        A function of the raw tensors, in the order of the signature.
    """
    names = list(road.signature())

    def serve(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = dict(zip(names, tensors, strict=True))
        inputs = {
            name: value.to_tensor() if isinstance(value, tf.RaggedTensor) else value
            for name, value in road.encode(raw).items()
        }
        return road.decode(model(inputs, training=False), raw)

    return serve


def write(model: keras.Model, road: RawRoad, folder: Path) -> None:
    """Writes the SavedModel with the signature `serving_default`.

    Args:
        model: the network.
        road: what surrounds it.
        folder: to be made.
    """
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(road)  # lookup tables that nothing tracks cannot be saved (keras#20758)
    archive.add_endpoint(
        "serving_default",
        raw_function(model, road),
        # A spec without a name would be asked for as `tensors_0`.
        input_signature=[
            tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in road.signature().items()
        ],
    )
    archive.write_out(str(folder), verbose=False)
