"""How a sequence is written, token by token. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from models.settings import SpecError, check_field, setting

STRATEGIES = ("greedy", "sample", "beam")

WIDEST_BEAM = 1024
"""A client may choose the width of the beam; this bounds the memory of its request."""


@dataclass(frozen=True)
class Generation:
    """How `models.decoding.decode` writes. Lengths count tokens, without END.

    Sources: temperature, Ackley et al. 1985; top-k, Fan et al. 2018; top-p (nucleus), Holtzman et
    al. 2020, section 3.1; length normalisation, Wu et al. 2016, equation 14.
    """

    strategy: str = setting(
        "greedy",
        "the most probable token each time, a drawn one, or the best of several beams",
        choices=STRATEGIES,
    )
    beam_width: int = setting(4, "hypotheses kept for each row (beam)", low=1, high=WIDEST_BEAM)
    length_penalty: float = setting(
        0.6, "alpha of the length normalisation; 0 is none (beam)", low=0.0, high=5.0
    )
    min_tokens: int = setting(0, "END is not written before that many tokens", low=0)
    max_tokens: int = setting(50, "most tokens of an answer", low=1)
    temperature: float = setting(
        1.0, "divides the logits: below 1 bolder, above 1 more varied (sample)", low=0.01
    )
    top_k: int = setting(0, "draw among that many best tokens; 0 is all (sample)", low=0)
    top_p: float = setting(
        1.0,
        "draw among the fewest best tokens that hold this much probability (sample)",
        low=0.0,
        high=1.0,
    )
    sampling_seed: int = setting(
        0, "of the draws: a seed gives its text again", low=0, high=2**31 - 1
    )

    def validate(self) -> None:
        """Refuses what makes no sense.

        Raises:
            SpecError: names the field, the reason and the way out.
        """
        for field in dataclasses.fields(self):
            check_field(field, getattr(self, field.name))
        if self.min_tokens > self.max_tokens:
            raise SpecError(
                "min_tokens", f"{self.min_tokens} is more than max_tokens={self.max_tokens}"
            )
