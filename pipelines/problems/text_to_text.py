"""A text -> another text: translation, pronunciation, summaries."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.task import Column, Evaluation, Outputs

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.features.pairs import PairFeatures


@dataclass(frozen=True)
class TextToText:
    """The problem of the tasks that read a text and write another one.

    Attributes:
        measure: how answers are judged, and what they are compared with: a module in
            `pipelines.evaluation` with `evaluate` and `error`, and one in `pipelines.baselines`
            with `predict`.
        text_names: how people's files call what is read.
        target_names: how they call what is written.
        target_tokenizer: tokeniser of what is written; empty for that of what is read, which is
            the setting `tokenizer`.
        shared: whether one tokeniser serves both sides.
        formats: as of `pipelines.task.Problem`.
    """

    measure: str
    text_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    target_tokenizer: str = ""
    shared: bool = False
    formats: tuple[str, ...] = ("table",)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read, and what is to be written."""
        return (
            Column("text", "text", aliases=self.text_names),
            Column("target", "target", aliases=self.target_names),
        )

    def fit(self, examples: Examples, config: Config) -> PairFeatures:
        """Learns the tokenisers of the training split."""
        from pipelines.features.pairs import PairFeatures

        return PairFeatures.fit(examples, config, self.target_tokenizer, self.shared)

    def load(self, folder: Path, config: Config) -> PairFeatures:
        """Features as they were saved with a run."""
        from pipelines.features.pairs import PairFeatures

        return PairFeatures.load(folder, config)

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        from pipelines.problems.pairs_card import pairs_card

        return pairs_card(examples, features, config)

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """What the measure's baselines write on the test split."""
        import numpy as np

        module = importlib.import_module(f"pipelines.baselines.{self.measure}")
        written = module.predict(examples.splits["train"], examples.splits["test"])
        return {
            name: {"output": np.array([text.encode() for text in texts], object)}
            for name, texts in written.items()
        }

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """The measure of what was written, free and after true tokens; figures and examples."""
        from pipelines.problems.text_to_text_report import report

        del labels
        return report(self.measure, outputs, columns, baselines)

    def request(self, given: str) -> dict[str, Any]:
        """The text as it was given."""
        return {"text": given}

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """The answer, its log-probability, and which token was written from which."""
        from pipelines.problems.text_to_text_report import shown

        del raw
        return shown(outputs)
