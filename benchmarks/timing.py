"""Times rivals in turn, so that a busy machine slows all of them alike, and prints tables."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one rival.

    Attributes:
        first: the first call, with all that is made once.
        best: the fastest.
        low: the first quartile.
        median: the second.
        high: the third.
    """

    first: float
    best: float
    low: float
    median: float
    high: float

    def __str__(self) -> str:
        digits = 1 if self.median >= 10 else 2
        median, low, high = (f"{x:.{digits}f}" for x in (self.median, self.low, self.high))
        return f"{median} ({low}-{high})"


def milliseconds(call: Callable[[], object]) -> float:
    """What a call takes; it must return when its work is done."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def interleaved(
    rivals: Mapping[str, Callable[[], Any]],
    rounds: int = 15,
    warm: int = 2,
    measure: Callable[[Callable[[], Any]], float] = milliseconds,
) -> dict[str, Timing]:
    """Calls all rivals in each round.

    Args:
        rivals: by name.
        rounds: that are counted.
        warm: rounds before them, beside the first call.
        measure: calls a rival and gives its milliseconds.
    """
    firsts = {name: measure(call) for name, call in rivals.items()}
    for _ in range(warm):
        for call in rivals.values():
            call()
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, call in rivals.items():
            times[name].append(measure(call))
    return {
        name: Timing(firsts[name], min(values), *statistics.quantiles(values, n=4))
        for name, values in times.items()
    }


def summary(rival: str, ratios: Sequence[float]) -> str:
    """The smallest ratio of a rival's time to ours, and the geometric mean."""
    mean = statistics.geometric_mean(ratios)
    return f"over {rival}: at least {min(ratios):.2f}x, geometric mean {mean:.2f}x"


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown, aligned."""
    cells = [[str(cell) for cell in row] for row in [list(columns), *rows]]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
