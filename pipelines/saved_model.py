"""Opens a SavedModel of ours, with the libraries of operations that it was made with."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

CARD = Path("assets.extra") / "card.json"

LIBRARIES = ("tensorflow_text",)
"""What an export may ask for. TensorFlow Serving has these operations built in; in Python they are
registered when the library is imported. A card can name no other module."""


def load(folder: Path) -> Any:
    """Loads a SavedModel.

    Args:
        folder: of the SavedModel, of ours or anybody's.
    """
    import tensorflow as tf

    file = folder / CARD
    requires = json.loads(file.read_text("utf-8")).get("requires", ()) if file.is_file() else ()
    for library in LIBRARIES:
        if library in requires:
            importlib.import_module(library)
    loaded = tf.saved_model.load(str(folder))
    _trace_destroyers(loaded)
    return loaded


def _trace_destroyers(loaded: Any) -> None:
    """Traces now what frees a model's tables, which TensorFlow would trace when it frees them.

    Tracing handles protocol buffers, and those crash the process when the garbage collector frees
    the table from deep inside other objects: protobuf's cache of wrappers (upb) then hands out one
    that CPython's trashcan holds already (`tests/pipelines/test_saved_model.py` shows it).
    """
    import tensorflow as tf

    for node in tf.train.TrackableView(loaded).descendants():
        destroyer = getattr(node, "_destroy_resource", None)
        if isinstance(destroyer, tf.types.experimental.PolymorphicFunction):
            destroyer.get_concrete_function()
