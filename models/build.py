"""A spec -> a Keras model, whatever the mode. A mode is a module of this package."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import keras

import models.attention
import models.stack  # noqa: F401  (both register the layers that a saved network may hold)
from models.spec import ModelSpec


def build(spec: ModelSpec, inputs: Any, outputs: Any) -> keras.Model:
    """Builds the network of `spec.mode`.

    Args:
        spec: the network's make.
        inputs: what it reads, one of the classes of `models.inputs`.
        outputs: what it answers, one of the classes of the mode's module.

    Returns:
        The model, with random weights.

    Raises:
        SpecError: a combination that makes no sense.
    """
    spec.validate()
    return importlib.import_module(f"models.{spec.mode}").build(spec, inputs, outputs)


def load(file: Path) -> keras.Model:
    """Reads a network that `keras.Model.save` wrote.

    Args:
        file: ends in `.keras`.
    """
    return keras.saving.load_model(file, compile=False)
