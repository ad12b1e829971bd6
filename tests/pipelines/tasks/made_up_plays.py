"""Dialogue that nobody ever wrote, for tests of language models."""

import itertools
import random

NAMES = ("ANNA", "BRUNO", "CLARA")
WHO = ("the cook", "my aunt", "a goose", "the king")
WHAT = ("sings", "sleeps", "runs away", "eats a plum")
WHEN = ("at noon", "in May", "all day", "too late")


def play(seed: int, speeches: int = 40) -> str:
    """Speeches of one line each, in an order of their own."""
    lines = list(itertools.product(WHO, WHAT, WHEN))
    rng = random.Random(seed)
    return "".join(
        f"{rng.choice(NAMES)}.\n{' '.join(rng.choice(lines))}.\n\n" for _ in range(speeches)
    )
