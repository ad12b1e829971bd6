"""A sentence -> a tag for each word: named entities and what else is marked in a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.task import Column, Evaluation, Outputs

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.features.tagging import TaggingFeatures


@dataclass(frozen=True)
class Tagging:
    """The problem of the tasks that read a sentence and tag its words in the scheme BIO."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The words, each on a line of its own, and their tags with blanks between."""
        return (
            Column("text", "text", aliases=("tokens", "words")),
            Column("target", "target", aliases=("ner", "tags", "ner_tags")),
        )

    @property
    def formats(self) -> tuple[str, ...]:
        """CoNLL files."""
        return ("conll",)

    def fit(self, examples: Examples, config: Config) -> TaggingFeatures:
        """Learns words, characters and tags of the training split."""
        from pipelines.features.tagging import TaggingFeatures

        return TaggingFeatures.fit(examples, config)

    def load(self, folder: Path, config: Config) -> TaggingFeatures:
        """Features as they were saved with a run."""
        from pipelines.features.tagging import TaggingFeatures

        return TaggingFeatures.load(folder, config)

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        from pipelines.data_card import Counts, text_card
        from pipelines.features.tagging import words_of

        texts = {name: columns["text"].tolist() for name, columns in examples.splits.items()}
        return text_card(
            examples,
            {name: Counts.of(words_of(given)) for name, given in texts.items()},
            features.words.known,
            config.data.max_length,
            config.data.buckets,
            unit="words",
        )

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """Each word's most frequent tag, on the test split."""
        from pipelines.baselines.tagging import most_frequent_tags

        tags = most_frequent_tags(examples.splits["train"], examples.splits["test"])
        return {"most_frequent_tag": {"tags": tags}}

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """Span F1, in all and of each type; figures, and sentences right and wrong."""
        from pipelines.problems.tagging_report import report

        del labels
        return report(outputs, columns, baselines)

    def request(self, given: str) -> dict[str, Any]:
        """The text as it was given."""
        return {"text": given}

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """The sentence with its entities marked, and a line for each of them."""
        from pipelines.problems.tagging_report import shown

        return shown(raw["text"], outputs)
