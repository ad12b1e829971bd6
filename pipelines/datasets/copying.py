"""The copy problem: ten symbols, a silence, and then a signal to say them again.

Hochreiter & Schmidhuber 1997, in the form of Arjovsky et al. 2016, "Unitary Evolution Recurrent
Neural Networks", section 5.1: ten symbols of eight kinds. There the answer is written while the
network reads on; here a decoder writes it after the signal.
"""

from __future__ import annotations

import numpy as np

from pipelines.datasets import lags
from pipelines.errors import UserError

VERSION = "1.0.0"
SIZES = {"train": 20_000, "validation": 1_000, "test": 2_000}
SYMBOLS = "abcdefgh"
SAID = 10
SIGNAL = ">"


def generate(lag: int, seed: int) -> dict[str, dict[str, list[str]]]:
    """The splits; no two examples have the same symbols, whatever their lags.

    Args:
        lag: silent steps at most between symbols and signal in training.
        seed: of the draws.

    Returns:
        Split -> `text`, what is read, and `target`, what was said.
    """
    random = np.random.default_rng(seed)
    drawn = iter(random.choice(len(SYMBOLS) ** SAID, sum(SIZES.values()), replace=False).tolist())
    splits = {}
    for split, size in SIZES.items():
        wanted = lags.tested(lag) if split == "test" else lags.trained(lag)
        said = [_symbols(next(drawn)) for _ in range(size)]
        texts = [
            symbols + lags.SILENCE * wanted[place % len(wanted)] + SIGNAL
            for place, symbols in enumerate(said)
        ]
        splits[split] = {"text": texts, "target": said}
    return splits


def question(given: str) -> str:
    """What a person wrote, symbols and silence, as it is read: with the signal.

    Raises:
        UserError: other symbols.
    """
    text = given.strip().removesuffix(SIGNAL)
    said = text.rstrip(lags.SILENCE)
    if len(said) != SAID or not set(said) <= set(SYMBOLS):
        raise UserError(
            f"INPUT: '{given}' is not {SAID} of the letters {SYMBOLS[0]} to {SYMBOLS[-1]} and then"
            f" as many '{lags.SILENCE}' as the silence has steps, such as badcafegee____."
        )
    return text + SIGNAL


def _symbols(number: int) -> str:
    """The digits of a number to the base of how many symbols there are."""
    return "".join(SYMBOLS[number // len(SYMBOLS) ** place % len(SYMBOLS)] for place in range(SAID))
