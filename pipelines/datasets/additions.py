"""Three-digit addition, written out: the characters of `123+456` in, those of `579` out.

Zaremba & Sutskever 2014, "Learning to Execute", section 5; the example `addition_rnn` of Keras.
The question is read backwards, so that the digits that are needed first come last, and a silence
of a chosen length follows before the answer may be written.
"""

from __future__ import annotations

import re

import numpy as np

from pipelines.datasets import lags
from pipelines.errors import UserError

VERSION = "1.0.0"
SIZES = {"train": 60_000, "validation": 2_000, "test": 2_000}
LOW, HIGH = 100, 1000
QUESTION = re.compile(rf"\s*(\d{{3}})\s*\+\s*(\d{{3}})\s*({lags.SILENCE}*)\s*")


def generate(lag: int, seed: int) -> dict[str, dict[str, list[str]]]:
    """The splits; two numbers are added once in all of them, in one of their two orders.

    Args:
        lag: silent steps at most after the question in training.
        seed: of the draws.

    Returns:
        Split -> `text`, the question backwards and the silence, and `target`, the sum.
    """
    random = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(HIGH - LOW), axis=1) + LOW
    chosen = random.choice(len(pairs), sum(SIZES.values()), replace=False)
    drawn = iter(random.permuted(pairs[chosen], axis=1).tolist())
    splits = {}
    for split, size in SIZES.items():
        wanted = lags.tested(lag) if split == "test" else lags.trained(lag)
        numbers = [next(drawn) for _ in range(size)]
        texts = [
            f"{a}+{b}"[::-1] + lags.SILENCE * wanted[place % len(wanted)]
            for place, (a, b) in enumerate(numbers)
        ]
        splits[split] = {"text": texts, "target": [str(a + b) for a, b in numbers]}
    return splits


def question(given: str) -> str:
    """What a person wrote, `123+456` and perhaps a silence, as it is read: backwards.

    Raises:
        UserError: something else.
    """
    found = QUESTION.fullmatch(given)
    if not found:
        raise UserError(
            f"INPUT: '{given}' is not an addition of two numbers of three digits, such as 123+456,"
            f" and then as many '{lags.SILENCE}' as the silence has steps."
        )
    first, second, silence = found.groups()
    return f"{first}+{second}"[::-1] + silence
