"""A text that is read, a silence, and another text that depends on the first."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.problems.text_to_text import TextToText
from pipelines.task import Evaluation, Outputs

if TYPE_CHECKING:
    from pipelines.examples import Columns


@dataclass(frozen=True)
class TextAfterSilence(TextToText):
    """The problem of the tasks that write what they had to remember over a silence.

    The lag of an example is the length of its silence (`pipelines.datasets.lags.SILENCE`).

    Attributes:
        generated: the module of `pipelines.datasets` that makes the examples; its `question` turns
            what a person writes into what is read.
        measure: as of `TextToText`.
        shared: one set of symbols on both sides.
        formats: none: examples are generated.
    """

    measure: str = "exact"
    shared: bool = True
    formats: tuple[str, ...] = ()
    generated: str = ""

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """That of `TextToText`, and the errors lag by lag."""
        import numpy as np

        from pipelines.datasets.lags import SILENCE
        from pipelines.evaluation.exact import error
        from pipelines.problems.lag_report import add_lags

        def errors(written: np.ndarray) -> np.ndarray:
            pairs = zip(written.tolist(), columns["target"], strict=True)
            return np.array([error(text.decode("utf-8", "replace"), [r]) for text, r in pairs])

        evaluation = super().evaluate(outputs, columns, labels, baselines)
        others = {name: errors(other["output"]) for name, other in baselines.items()}
        lags = np.array([text.count(SILENCE) for text in columns["text"]])
        add_lags(evaluation, errors(outputs["output"]), others, lags, "character_error")
        return evaluation

    def request(self, given: str) -> dict[str, Any]:
        """What a person wrote, as it is read.

        Raises:
            UserError: it is no question of this kind.
        """
        module = importlib.import_module(f"pipelines.datasets.{self.generated}")
        return {"text": module.question(given)}
