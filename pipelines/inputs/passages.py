"""Passages of documents, read character by character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.data.examples import Column
from pipelines.inputs.text import Text


@dataclass(frozen=True)
class Passages(Text):
    """Passages of documents, read character by character, START before the first."""

    aliases: tuple[str, ...] = ("content", "body", "document")
    fitted: ClassVar[str] = "passages:FittedPassages"

    @property
    def columns(self) -> tuple[Column, ...]:
        """Documents, which are cut into passages."""
        return (Column("text", "document", aliases=self.aliases),)

    def request(self, text: str) -> dict[str, Any]:
        r"""The text; `\n` begins a new line, because that is hard to type in a shell."""
        return {"text": text.replace("\\n", "\n")}
