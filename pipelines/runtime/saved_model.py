"""SavedModels of Unrolled: their extra assets, and loading them."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

EXTRA = Path("assets.extra")
"""TensorFlow Serving's folder for extra assets of a SavedModel."""

CARD = EXTRA / "card.json"
"""Description of the SavedModel and its origin."""

EXAMPLE = EXTRA / "example.json"
"""A valid request, in the format of TensorFlow Serving's REST API."""

LIBRARIES = ("tensorflow_text",)
"""Libraries that an export may require; a card cannot name others. TensorFlow Serving has their
operations built in; in Python they are registered when the library is imported."""


def load(folder: Path) -> Any:
    """Loads a SavedModel.

    Args:
        folder: of the SavedModel, exported by Unrolled or not.
    """
    import tensorflow as tf

    requires = read_card(folder).get("requires", ())
    for library in LIBRARIES:
        if library in requires:
            importlib.import_module(library)
    loaded = tf.saved_model.load(str(folder))
    _trace_destroyers(loaded)
    return loaded


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a SavedModel; empty if it has none."""
    file = folder / CARD
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}


def _trace_destroyers(loaded: Any) -> None:
    """Traces the functions that free a model's tables, instead of when they are freed.

    Tracing uses protocol buffers, which can crash the process when the garbage collector frees the
    table within deeply nested objects: protobuf's cache of wrappers (upb) then returns one that is
    already in CPython's trashcan (see `tests/pipelines/runtime/test_saved_model.py`).
    """
    import tensorflow as tf

    for node in tf.train.TrackableView(loaded).descendants():
        destroyer = getattr(node, "_destroy_resource", None)
        if isinstance(destroyer, tf.types.experimental.PolymorphicFunction):
            destroyer.get_concrete_function()
