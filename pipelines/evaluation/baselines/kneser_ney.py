"""N-gram models with interpolated, modified Kneser-Ney smoothing.

Kneser & Ney 1995, "Improved backing-off for m-gram language modeling"; Chen & Goodman 1999, "An
empirical study of smoothing techniques for language modeling", section 3, for the interpolated form
with three discounts. An n-gram of the highest order counts as often as it occurs, one of a lower
order as often as there are different symbols before it.

N-grams are numbered, a longer one by its first symbol and the number of what is left without it, so
that no vocabulary is too large and everything is done by sorting arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

FALLBACK = (0.0, 0.5, 1.0, 1.5)
"""Discounts of counts 0, 1, 2, 3 and more where the data are too few to estimate them."""


@dataclass(frozen=True)
class Order:
    """The n-grams of one length, by their numbers.

    Attributes:
        keys: int64 `[n-grams]`, ascending; the place of a key is the n-gram's number.
        seen: float64 `[n-grams]`, the discounted count of each.
        totals: float64 `[contexts]`, counts after each context.
        taken: float64 `[contexts]`, what the discounts took of them.
    """

    keys: np.ndarray
    seen: np.ndarray
    totals: np.ndarray
    taken: np.ndarray


class KneserNey:
    """The probability of each symbol of a sequence after the symbols before it.

    Args:
        sequences: to learn from, int64 `[length]` each.
        symbols: how many there are, counted from 0, those that never occur included.
        order: symbols of the longest n-gram.
    """

    def __init__(self, sequences: Sequence[np.ndarray], symbols: int, order: int):
        self.symbols = symbols
        self.order = order
        text, real = self._joined(sequences)
        keys = [np.arange(symbols + 1)]
        numbers = [text]
        for length in range(2, order + 1):
            pairs = self._pairs(text, length, numbers[-1], len(keys[-1]))
            distinct, number = np.unique(pairs, return_inverse=True)
            keys.append(distinct)
            numbers.append(number)
        self.orders = list(_orders(keys, numbers, real))

    def probabilities(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The probability of each symbol, float64 `[length]` of each sequence."""
        text, real = self._joined(sequences)
        probability = np.full(len(real), 1.0 / self.symbols)
        context = np.zeros(len(real), np.int64)
        numbers = text
        for length, order in enumerate(self.orders, start=1):
            if length > 1:
                context = numbers[real - 1]
                pairs = self._pairs(text, length, numbers, len(self.orders[length - 2].keys))
                place = np.minimum(np.searchsorted(order.keys, pairs), len(order.keys) - 1)
                known = (order.keys[place] == pairs) & (numbers >= 0)
                numbers = np.where(known, place, -1)
            own = numbers[real]
            total = np.where(context >= 0, order.totals[context], 0.0)
            seen = np.where(own >= 0, order.seen[own], 0.0)
            mixed = (seen + order.taken[context] * probability) / np.maximum(total, 1.0)
            # Where the total is zero, nothing is known of this context.
            probability = np.where(total > 0, mixed, probability)
        ends = np.cumsum([len(sequence) for sequence in sequences])
        return np.split(probability, ends[:-1])

    def _joined(self, sequences: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """All in one, before each a beginning as long as a context; where the real symbols are."""
        beginning = np.full(self.order, self.symbols)
        parts = [part for sequence in sequences for part in (beginning, sequence)]
        text = np.concatenate(parts).astype(np.int64)
        return text, np.flatnonzero(text != self.symbols)

    @staticmethod
    def _pairs(text: np.ndarray, length: int, numbers: np.ndarray, size: int) -> np.ndarray:
        """Keys of the n-grams that end at each place: first symbol and number of the others."""
        return np.roll(text, length - 1) * size + numbers


def _orders(
    keys: Sequence[np.ndarray], numbers: Sequence[np.ndarray], real: np.ndarray
) -> Iterator[Order]:
    """Counts of each length, discounted.

    Args:
        keys: of each length.
        numbers: of each length, of the n-gram that ends at each place.
        real: places of the symbols that count.
    """
    for index, (own, number) in enumerate(zip(keys, numbers, strict=True)):
        size = len(own)
        if index + 1 < len(keys):
            longer = keys[index + 1][np.unique(numbers[index + 1][real])]
            counts = np.bincount(longer % size, minlength=size)
        else:
            counts = np.bincount(number[real], minlength=size)
        context = np.zeros(size, np.int64)
        contexts = 1
        if index:
            context[number[real]] = numbers[index - 1][real - 1]
            contexts = len(keys[index - 1])
        discounts = _discounts(counts)[np.minimum(counts, 3)]
        yield Order(
            own,
            counts - discounts,
            np.bincount(context, counts, contexts),
            np.bincount(context, discounts, contexts),
        )


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken of counts 0, 1, 2, 3 and more: Chen & Goodman 1999, equation 17."""
    once, twice, thrice, often = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].tolist()
    if not (once and twice and thrice and often):
        return np.array(FALLBACK)
    ratio = once / (once + 2 * twice)
    estimated = (
        0.0,
        1 - 2 * ratio * twice / once,
        2 - 3 * ratio * thrice / twice,
        3 - 4 * ratio * often / thrice,
    )
    sound = all(0 <= value <= count for count, value in enumerate(estimated))
    return np.array(estimated if sound else FALLBACK)
