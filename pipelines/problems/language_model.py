"""A text -> what comes next, character by character."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.task import Column, Evaluation, Outputs

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.features.characters import CharacterFeatures


@dataclass(frozen=True)
class LanguageModel:
    """The problem of the tasks that go on with a text."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Documents, which become passages."""
        return (Column("text", "document", aliases=("content", "body", "document")),)

    @property
    def formats(self) -> tuple[str, ...]:
        """Plain text, or a table with a document in each row."""
        return ("plain_text", "table")

    def fit(self, examples: Examples, config: Config) -> CharacterFeatures:
        """Learns the characters of the training split."""
        from pipelines.features.characters import CharacterFeatures

        del config
        return CharacterFeatures.fit(examples)

    def load(self, folder: Path, config: Config) -> CharacterFeatures:
        """Features as they were saved with a run."""
        from pipelines.features.characters import CharacterFeatures

        del config
        return CharacterFeatures.load(folder)

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card, in characters."""
        from pipelines.data_card import Counts, text_card

        data = config.data
        known = features.symbols.known
        return text_card(
            examples,
            {name: Counts.of(columns["text"]) for name, columns in examples.splits.items()},
            known,
            data.passage,
            data.buckets,
            unit="characters",
        )

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """The losses of n-gram models on each character of the test split."""
        from pipelines.baselines.language_model import predict

        return {**predict(examples.splits["train"], examples.splits["test"])}

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """Bits per character, perplexity, what the past is worth, and continuations."""
        from pipelines.problems.language_model_report import report

        del labels
        return report(outputs, columns, baselines)

    def request(self, given: str) -> dict[str, Any]:
        r"""The text as it was given; `\n` begins a new line, as it is hard to write in a shell."""
        return {"text": given.replace("\\n", "\n")}

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """The text and what follows it."""
        return f"{raw['text']}{outputs['output'][0].decode('utf-8', 'replace')}"
