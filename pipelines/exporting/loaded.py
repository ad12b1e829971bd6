"""A SavedModel in this process: raw columns of a split -> its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import raw as raw_values
from pipelines import saved_model

BATCH = 128


class Loaded:
    """An export, loaded without Keras.

    Args:
        folder: of the SavedModel.
    """

    def __init__(self, folder: Path):
        self.module = saved_model.load(folder)
        self.specs = self._inputs("serving_default")

    @property
    def scores(self) -> bool:
        """Whether it can rate given targets."""
        return "score" in self.module.signatures

    def answer(
        self, raw: Mapping[str, Any], signature: str = "serving_default"
    ) -> dict[str, np.ndarray]:
        """One batch.

        Args:
            raw: name -> values, batch first.
            signature: which one to call.

        Returns:
            The outputs, batch first.
        """
        tensors = raw_values.tensors(raw, self._inputs(signature))
        call = self.module.signatures[signature]
        return {name: value.numpy() for name, value in call(**tensors).items()}

    def answer_all(
        self, columns: Mapping[str, np.ndarray], signature: str = "serving_default"
    ) -> dict[str, np.ndarray]:
        """A whole split, in batches of inputs of similar size, in the order that it came in.

        Args:
            columns: name -> `[n, ...]`; others than the inputs are ignored.
            signature: which one to call.

        Returns:
            name -> `[n, ...]`; outputs over time are padded with zeros (or "") to the longest.
        """
        names = list(self._inputs(signature))
        order = np.argsort([raw_values.size(value) for value in columns[names[0]]], kind="stable")
        parts = []
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            parts.append(self.answer({name: columns[name][rows] for name in names}, signature))
        back = np.argsort(order)
        return {name: _stack([part[name] for part in parts])[back] for name in parts[0]}

    def _inputs(self, signature: str) -> dict[str, Any]:
        return self.module.signatures[signature].structured_input_signature[1]


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
