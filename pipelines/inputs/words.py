"""A text, read word by word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pipelines.inputs.text import Text

# The last is the name in the table of SMS that circulates as spam.csv.
NAMES = ("review", "sentence", "content", "body", "message", "sms", "v2")


@dataclass(frozen=True)
class Words(Text):
    """A text, read word by word; of a long one the beginning and the end are kept."""

    aliases: tuple[str, ...] = NAMES
    fitted: ClassVar[str] = "words:FittedWords"
