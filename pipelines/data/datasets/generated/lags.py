"""The lags of generated problems, for training and for the test."""

from __future__ import annotations

SILENCE = "_"
"""The symbol of a blank step, over which the earlier symbols must be remembered."""

EIGHTHS = range(1, 9)
TESTED = (0.25, 0.5, 1.0, 2.0)


def trained(lag: int) -> list[int]:
    """Lags of the training and the validation split: eighths of the longest, all equally often.

    Hard examples among easier ones are learned where hard ones alone are not: the "mix strategy" of
    Zaremba & Sutskever 2014, "Learning to Execute", section 4.

    Args:
        lag: the longest, 8 or more.
    """
    return [lag * part // len(EIGHTHS) for part in EIGHTHS]


def tested(lag: int) -> list[int]:
    """Lags of the test split: a quarter, a half, the whole and twice the longest trained.

    Args:
        lag: the longest that is trained.
    """
    return [int(lag * part) for part in TESTED]
