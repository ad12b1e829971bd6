"""Text -> one of several classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.task import Column, Evaluation, Outputs

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.examples import Columns, Examples
    from pipelines.features.classes import TextClassFeatures

# The last of each is the name in the table of SMS that is passed around as spam.csv.
TEXT_NAMES = ("review", "sentence", "content", "body", "message", "sms", "v2")
LABEL_NAMES = ("sentiment", "class", "category", "target", "v1")

LONGEST_BAR = 20
WORDS_SHOWN = 8


@dataclass(frozen=True)
class TextClassification:
    """The problem of the tasks that read a text and name its class.

    Attributes:
        strength: name of an optional number column that says by its sign and size how strongly
            an example belongs to the second of two classes; empty where there is none.
        positive: name of the class that is to be found among the others, which adds its F1,
            precision and recall to the metrics; empty where all classes count alike. Of somebody's
            own two classes without that name, the second in the order of their names.
    """

    strength: str = ""
    positive: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The raw columns: a text, a label and perhaps the strength."""
        own = (
            Column("text", "text", aliases=TEXT_NAMES),
            Column("label", "label", aliases=LABEL_NAMES),
        )
        return (*own, Column(self.strength, "number", optional=True)) if self.strength else own

    @property
    def formats(self) -> tuple[str, ...]:
        """A table, a folder for each class, or lines of a label and a text."""
        return ("table", "folders", "labelled_lines")

    def fit(self, examples: Examples, config: Config) -> TextClassFeatures:
        """Learns the vocabulary of the training split."""
        from pipelines.features.classes import TextClassFeatures

        return TextClassFeatures.fit(examples, config, self.strength)

    def load(self, folder: Path, config: Config) -> TextClassFeatures:
        """Features as they were saved with a run."""
        from pipelines.features.classes import TextClassFeatures

        return TextClassFeatures.load(folder, config)

    def card(self, examples: Examples, features: Any, config: Config) -> dict[str, Any]:
        """The figures of the data card."""
        from pipelines.data_card import text_card
        from pipelines.features.text import count_words

        held_out = {
            name: count_words(examples.splits[name]["text"].tolist())
            for name in ("validation", "test")
        }
        return text_card(
            examples,
            {"train": features.counts, **held_out},
            frozenset(features.words.vocabulary),
            config.data.max_length,
            config.data.buckets,
        )

    def baselines(self, examples: Examples) -> dict[str, Outputs]:
        """The scores of the majority class and of the linear model on the test split."""
        from pipelines.baselines.text_classification import text_classification

        train, test = examples.splits["train"], examples.splits["test"]
        scores = text_classification(train, test, len(examples.labels))
        return {name: {"scores": values} for name, values in scores.items()}

    def evaluate(
        self,
        outputs: Outputs,
        columns: Columns,
        labels: tuple[str, ...],
        baselines: Mapping[str, Outputs],
    ) -> Evaluation:
        """Accuracy, F1, ROC AUC, calibration, figures and mistakes of a split."""
        from pipelines.problems.classification_report import report

        return report(outputs, columns, labels, baselines, self.positive)

    def request(self, given: str) -> dict[str, Any]:
        """The text as it was given."""
        return {"text": given}

    def show(self, raw: Mapping[str, Any], outputs: Outputs) -> str:
        """The text's label with the score of each class, and the words that counted most."""
        label = outputs["label"][0].decode()
        scores = outputs["scores"][0]
        names = [name.decode() for name in outputs["classes"][0]]
        width = max(map(len, names))
        lines = [f"{label}  ({max(scores):.1%})  {raw['text']}"]
        for name, score in sorted(zip(names, scores, strict=True), key=lambda pair: -pair[1]):
            lines.append(f"  {name:<{width}}  {score:6.1%}  {'█' * round(score * LONGEST_BAR)}")
        if "attention" in outputs:
            words = zip(outputs["tokens"][0], outputs["attention"][0], strict=True)
            top = sorted(words, key=lambda pair: -pair[1])[:WORDS_SHOWN]
            said = ", ".join(f"{word.decode()} {weight:.0%}" for word, weight in top if word)
            lines.append(f"  attended to: {said}")
        return "\n".join(lines)
