"""The copy problem: ten symbols, a delay, and then a signal to repeat them.

Hochreiter & Schmidhuber 1997, in the form of Arjovsky et al. 2016, "Unitary Evolution Recurrent
Neural Networks", section 5.1: ten symbols of eight kinds. There the answer is written while the
network reads on; here a decoder writes it after the signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.data.datasets.generated import lags
from pipelines.runtime.errors import UserError

VERSION = "1.0.0"
SIZES = {"train": 20_000, "validation": 1_000, "test": 2_000}
SYMBOLS = "abcdefgh"
LENGTH = 10
SIGNAL = ">"


def generate(lag: int, seed: int) -> dict[str, dict[str, list[Any]]]:
    """The splits; no two examples have the same symbols, whatever their lags.

    Args:
        lag: silent steps at most between symbols and signal in training.
        seed: of the draws.

    Returns:
        Split -> `text`, what is read; `target`, the symbols; and `lag`, the steps of the silence.
    """
    random = np.random.default_rng(seed)
    drawn = iter(random.choice(len(SYMBOLS) ** LENGTH, sum(SIZES.values()), replace=False).tolist())
    splits = {}
    for split, size in SIZES.items():
        wanted = lags.tested(lag) if split == "test" else lags.trained(lag)
        targets = [_symbols(next(drawn)) for _ in range(size)]
        silences = [wanted[place % len(wanted)] for place in range(size)]
        splits[split] = {
            "text": [
                symbols + lags.SILENCE * steps + SIGNAL
                for symbols, steps in zip(targets, silences, strict=True)
            ],
            "target": targets,
            "lag": silences,
        }
    return splits


def question(text: str) -> str:
    """A user's input, symbols and delay, with the signal appended.

    Raises:
        UserError: other symbols.
    """
    stripped = text.strip().removesuffix(SIGNAL)
    symbols = stripped.rstrip(lags.SILENCE)
    if len(symbols) != LENGTH or not set(symbols) <= set(SYMBOLS):
        raise UserError(
            f"INPUT: '{text}' is not {LENGTH} letters from {SYMBOLS[0]} to {SYMBOLS[-1]}"
            f" followed by one '{lags.SILENCE}' per blank step, such as badcafegee____."
        )
    return stripped + SIGNAL


def _symbols(number: int) -> str:
    """The digits of a number to the base of how many symbols there are."""
    return "".join(
        SYMBOLS[number // len(SYMBOLS) ** place % len(SYMBOLS)] for place in range(LENGTH)
    )
