"""Three-digit addition, written out: the characters of `123+456` in, those of `579` out.

Zaremba & Sutskever 2014, "Learning to Execute", section 5; the example `addition_rnn` of Keras.
The question is read backwards, so that the digits that are needed first come last, and a silence
of a chosen length follows before the answer may be written.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pipelines.data.datasets.generated import lags
from pipelines.runtime.errors import UserError

VERSION = "1.0.0"
SIZES = {"train": 60_000, "validation": 2_000, "test": 2_000}
LOW, HIGH = 100, 1000
QUESTION = re.compile(rf"\s*(\d{{3}})\s*\+\s*(\d{{3}})\s*({lags.SILENCE}*)\s*")


def generate(lag: int, seed: int) -> dict[str, dict[str, list[Any]]]:
    """The splits; two numbers are added once in all of them, in one of their two orders.

    Args:
        lag: silent steps at most after the question in training.
        seed: of the draws.

    Returns:
        Split -> `text`, the question backwards and the silence; `target`, the sum; and `lag`, the
        steps of the silence.
    """
    random = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(HIGH - LOW), axis=1) + LOW
    chosen = random.choice(len(pairs), sum(SIZES.values()), replace=False)
    drawn = iter(random.permuted(pairs[chosen], axis=1).tolist())
    splits = {}
    for split, size in SIZES.items():
        wanted = lags.tested(lag) if split == "test" else lags.trained(lag)
        numbers = [next(drawn) for _ in range(size)]
        silences = [wanted[place % len(wanted)] for place in range(size)]
        splits[split] = {
            "text": [
                f"{a}+{b}"[::-1] + lags.SILENCE * steps
                for (a, b), steps in zip(numbers, silences, strict=True)
            ],
            "target": [str(a + b) for a, b in numbers],
            "lag": silences,
        }
    return splits


def question(text: str) -> str:
    """A user's input, `123+456` and an optional delay, reversed as the network reads it.

    Raises:
        UserError: something else.
    """
    match = QUESTION.fullmatch(text)
    if not match:
        raise UserError(
            f"INPUT: '{text}' is not a sum of two three-digit numbers such as 123+456,"
            f" followed by one '{lags.SILENCE}' per blank step."
        )
    first, second, silence = match.groups()
    return f"{first}+{second}"[::-1] + silence
