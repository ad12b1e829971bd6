"""Training steps of an encoder-decoder with attention: ours beside a lean PyTorch loop.

PyTorch is measured where this Python, or the one that TORCH_PYTHON names, has it: as it comes, and
with denormal numbers taken for zero. What both do is explained in `benchmarks.translators`.
"""

from __future__ import annotations

import itertools

from benchmarks.command import quick
from benchmarks.translators import Row
from benchmarks.whole_models import compare

ROUNDS = 5


def networks() -> list[Row]:
    """Those of the table."""
    made = itertools.product(("lstm", "gru"), (False, True), (3_000, 8_000), (20, 35))
    return [Row(*row) for row in made]


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    rows, rounds = ([Row("gru", True, 9, 4, 4, 4, 2)], 2) if tiny else (networks(), ROUNDS)
    pytorch = ("pytorch", "flushed")
    lines, _ = compare("benchmarks.translators", ["ours"], pytorch, rows, rounds)
    print("Training step: dot attention, 2 x 192 and 192 units, batches of 32, float32\n")
    print(lines)


if __name__ == "__main__":
    main()
