"""A text, read by the tokeniser of the setting `tokenizer`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.inputs.text import Text


@dataclass(frozen=True)
class Tokens(Text):
    """A text, read by the tokeniser of the setting `tokenizer`; the beginning of long ones is kept.

    Attributes:
        shared: whether the tokeniser is learned from the targets too and shared with the output,
            so that tokens can be copied.
    """

    shared: bool = False
    fitted: ClassVar[str] = "tokens:FittedTokens"


@dataclass(frozen=True)
class Questions(Tokens):
    """Texts of a generated problem, which a user writes in another form.

    Attributes:
        generator: data set in `pipelines.data.datasets.generated`; its `question` converts what a
            user writes to a text of the problem.
    """

    shared: bool = True
    generator: str = ""

    def request(self, text: str) -> dict[str, Any]:
        """The question as a text of the problem.

        Raises:
            UserError: it is not a question of this problem.
        """
        from pipelines.data import datasets

        return {"text": datasets.find(self.generator).question(text)}
