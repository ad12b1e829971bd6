"""A SavedModel in this process: raw columns -> outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.data import raw as raw_values
from pipelines.runtime import saved_model

BATCH = 128

RENAMED = {"features": "steps", "source_tokens": "tokens", "words": "tokens"}
"""Names of inputs and outputs in old exports -> their current names."""


class LoadedModel:
    """An export, loaded without Keras.

    Args:
        folder: of the SavedModel.
    """

    def __init__(self, folder: Path):
        self.module = saved_model.load(folder)
        self.specs = self._inputs("serving_default")

    @property
    def scores(self) -> bool:
        """Whether it can score given targets."""
        return "score" in self.module.signatures

    def answer(
        self, raw: Mapping[str, Any], signature: str = "serving_default"
    ) -> dict[str, np.ndarray]:
        """One batch.

        Args:
            raw: name -> values, batch first.
            signature: to be called.

        Returns:
            The outputs, batch first.
        """
        specs = self._inputs(signature)
        tensors = raw_values.tensors(raw, specs)
        call = self.module.signatures[signature]
        named = {self._original(signature, name): value for name, value in tensors.items()}
        return {RENAMED.get(name, name): value.numpy() for name, value in call(**named).items()}

    def answer_all(
        self, columns: Mapping[str, np.ndarray], signature: str = "serving_default"
    ) -> dict[str, np.ndarray]:
        """A whole split, in batches of similar size; the outputs are in its order.

        Args:
            columns: name -> `[n, ...]`; others than the inputs are ignored.
            signature: to be called.

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
        """The raw inputs of a signature by name."""
        specs = self.module.signatures[signature].structured_input_signature[1]
        return {RENAMED.get(name, name): spec for name, spec in specs.items()}

    def _original(self, signature: str, name: str) -> str:
        """The name of an input in the export."""
        specs = self.module.signatures[signature].structured_input_signature[1]
        return next(each for each in specs if RENAMED.get(each, each) == name)


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    """Joins batches whose outer dimensions may differ in length."""
    shape = np.max([part.shape[1:] for part in parts], axis=0).astype(int)
    fill = b"" if parts[0].dtype == object else 0
    rows = sum(map(len, parts))
    stacked = np.full((rows, *shape), fill, parts[0].dtype)
    start = 0
    for part in parts:
        stacked[(slice(start, start + len(part)), *map(slice, part.shape[1:]))] = part
        start += len(part)
    return stacked
