"""A SavedModel in this process: raw columns of a split -> its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

BATCH = 128


class Loaded:
    """An export, loaded without Keras.

    Args:
        folder: of the SavedModel.
    """

    def __init__(self, folder: Path):
        self.module = tf.saved_model.load(str(folder))
        self.serve = self.module.signatures["serving_default"]
        self.specs = self.serve.structured_input_signature[1]

    def answer(self, raw: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """One batch.

        Args:
            raw: name -> values, batch first.

        Returns:
            The outputs, batch first.
        """
        tensors = {
            name: tf.constant(list(raw[name]), spec.dtype) for name, spec in self.specs.items()
        }
        return {name: value.numpy() for name, value in self.serve(**tensors).items()}

    def answer_all(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A whole split, in batches of inputs of similar size, in the order that it came in.

        Args:
            columns: name -> `[n, ...]`; others than the inputs are ignored.

        Returns:
            name -> `[n, ...]`; outputs over time are padded with zeros (or "") to the longest.
        """
        first = columns[next(iter(self.specs))]
        sizes = [len(value) if isinstance(value, str | bytes) else 0 for value in first]
        order = np.argsort(sizes, kind="stable")
        parts = []
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            parts.append(self.answer({name: columns[name][rows] for name in self.specs}))
        back = np.argsort(order)
        return {name: _stack([part[name] for part in parts])[back] for name in parts[0]}


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    """Joins batches whose outer dimensions may differ in length."""
    shape = np.max([part.shape[1:] for part in parts], axis=0).astype(int)
    fill = b"" if parts[0].dtype == object else 0
    padded = []
    for part in parts:
        widths = [
            (0, 0),
            *((0, int(want - has)) for want, has in zip(shape, part.shape[1:], strict=True)),
        ]
        padded.append(np.pad(part, widths, constant_values=fill) if len(widths) > 1 else part)
    return np.concatenate(padded)
