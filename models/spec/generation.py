"""How a sequence is generated, token by token. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from models.spec.settings import SpecError, check_field, setting

STRATEGIES = ("greedy", "sample", "beam")

WIDEST_BEAM = 1024
"""A client may choose the width of the beam; this bounds the memory of its request."""


@dataclass(frozen=True)
class Generation:
    """Settings of `models.decoding.decode`. Lengths count tokens, without END.

    Sources: temperature, Ackley et al. 1985; top-k, Fan et al. 2018; top-p (nucleus), Holtzman et
    al. 2020, section 3.1; length normalisation, Wu et al. 2016, equation 14.
    """

    strategy: str = setting(
        "greedy",
        "how the next token is chosen: the most probable one, a sample, or beam search",
        choices=STRATEGIES,
    )
    beam_width: int = setting(4, "hypotheses kept per row (beam)", low=1, high=WIDEST_BEAM)
    length_penalty: float = setting(
        0.6, "alpha of the length normalisation; 0 for none (beam)", low=0.0, high=5.0
    )
    min_tokens: int = setting(0, "least number of tokens before END", low=0)
    max_tokens: int = setting(50, "largest number of generated tokens", low=1)
    temperature: float = setting(
        1.0, "divides the logits: below 1 for less variety, above 1 for more (sample)", low=0.01
    )
    top_k: int = setting(0, "sample from this many most probable tokens; 0 for all (sample)", low=0)
    top_p: float = setting(
        1.0,
        "sample from the smallest set of tokens with this total probability (sample)",
        low=0.0,
        high=1.0,
    )
    sampling_seed: int = setting(
        0, "random seed of sampling; the same seed gives the same text", low=0, high=2**31 - 1
    )

    def validate(self) -> None:
        """Rejects invalid settings.

        Raises:
            SpecError: names the setting, the reason and the valid choices.
        """
        for field in dataclasses.fields(self):
            check_field(field, getattr(self, field.name))
        if self.min_tokens > self.max_tokens:
            raise SpecError(
                "min_tokens",
                f"{self.min_tokens} is more than max_tokens={self.max_tokens}; lower min_tokens",
            )
