"""Long values -> segments: documents -> passages that end with a line, recordings -> windows.

A document is in one split. Only if there are fewer documents than splits is each of them divided,
with the held-out parts after the training part.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np


def passages(text: str, steps: int, training: bool = False) -> tuple[list[str], int]:
    """Contiguous passages of maximum length that together are the text.

    Args:
        text: of a document.
        steps: characters of a passage, and one more for the token before them.
        training: unused.

    Returns:
        Passages of fewer than `steps` characters, which end with a line, or within a longer one;
        and 0, because none was dropped.
    """
    del training
    segments, start = [], 0
    while start < len(text):
        end = _line_end(text, start, start + steps - 1)
        segments.append(text[start:end])
        start = end
    return segments, 0


def divide(text: str, shares: Mapping[str, float]) -> dict[str, str]:
    """Divides a document into one contiguous part for each split, `train` first.

    Args:
        text: of a document.
        shares: held-out split -> its share of all; the rest is `train`.

    Returns:
        Split -> its part; "" if the document is too short.
    """
    sizes = {"train": 1.0 - sum(shares.values()), **shares}
    parts, start = {}, 0
    for split, share in zip(sizes, itertools.accumulate(sizes.values()), strict=True):
        end = max(start, _line_end(text, start, round(len(text) * share)))
        parts[split] = text[start:end]
        start = end
    return parts


def _line_end(text: str, start: int, end: int) -> int:
    """The end of the last line within a range of characters, or of the range if there is none."""
    return end if end >= len(text) else text.rfind("\n", start, end) + 1 or end


def windows(readings: np.ndarray, steps: int, training: bool) -> tuple[list[np.ndarray], int]:
    """Consecutive windows; in training each begins in the middle of the previous one.

    Args:
        readings: of a recording, `[time, width]`.
        steps: readings in a window, at least two.
        training: whether windows overlap.

    Returns:
        The windows, and the number of dropped rests. A shorter recording is one window; the rest
        of a longer one is a short window if it is at least half as long, and else dropped.
    """
    if len(readings) <= steps:
        return [readings], 0
    starts = range(0, len(readings) - steps + 1, steps // 2 if training else steps)
    segments = [readings[start : start + steps] for start in starts]
    rest = readings[starts[-1] + steps :]
    if 2 * len(rest) >= steps:
        return [*segments, rest], 0
    return segments, int(len(rest) > 0)
