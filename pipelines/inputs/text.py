"""The base class of text inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.data.examples import Column
from pipelines.inputs.base import Input


@dataclass(frozen=True)
class Text(Input):
    """A text in the raw column `text`.

    Attributes:
        aliases: common names of that column in users' files.
    """

    aliases: tuple[str, ...] = ()
    kinds: ClassVar[tuple[str, ...]] = ("tokens",)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The text."""
        return (Column("text", "text", aliases=self.aliases),)

    def request(self, text: str) -> dict[str, Any]:
        """The text unchanged."""
        return {"text": text}

    def describe(self, columns: Mapping[str, Any], row: int) -> str:
        """The text."""
        return str(columns["text"][row])
