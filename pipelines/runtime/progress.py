"""Progress messages on the terminal."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def timed(what: str) -> Generator[None]:
    """Prints what is being done and how long it took."""
    print(f"{what} ...", end=" ", flush=True)
    started = time.perf_counter()
    try:
        yield
    except BaseException:
        print(flush=True)  # the error begins on a new line
        raise
    print(f"{time.perf_counter() - started:.1f} s", flush=True)
