"""A sentence, read word by word, and each word by its characters too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.inputs.text import Text


@dataclass(frozen=True)
class Sentences(Text):
    """A sentence, read word by word, and each word by its characters too.

    A text with line breaks is already split: one word per line.
    """

    aliases: tuple[str, ...] = ("tokens", "words")
    fitted: ClassVar[str] = "sentences:FittedSentences"

    def describe(self, columns: Mapping[str, Any], row: int) -> str:
        """The words, separated by spaces."""
        return " ".join(str(columns["text"][row]).split())
