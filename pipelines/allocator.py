"""glibc's allocator as training needs it: memory that was freed stays with the process."""

from __future__ import annotations

import ctypes
import os
import sys

MIB = 1024 * 1024

# Parameters of mallopt (malloc.h), each with the values to try: the best first.
SETTINGS = (
    # Larger blocks are mapped one by one and given back when freed. Old versions of glibc take
    # no more than 32 MiB.
    (-3, (1024 * MIB, 32 * MIB)),  # M_MMAP_THRESHOLD
    # Free memory at the end of the heap that is given back.
    (-1, (2**31 - 1,)),  # M_TRIM_THRESHOLD
    # Address space, not memory, that the heap grows by at a time.
    (-2, (64 * MIB,)),  # M_TOP_PAD
    # Another arena than the first takes no block beyond 64 MiB: all of these would be mapped.
    (-8, (1,)),  # M_ARENA_MAX
)


def keep_freed_memory() -> None:
    """Lets the process use its freed blocks again, whatever their size.

    As glibc comes, it gives large blocks back to the system, which zeroes them page by page when
    the next training step asks for them. To be called before TensorFlow allocates. Changes nothing
    where the environment sets the allocator (`MALLOC_...`, `GLIBC_TUNABLES`) or where there is no
    `mallopt`: on macOS, with musl.
    """
    if not sys.platform.startswith("linux") or _chosen_by_the_user():
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for parameter, values in SETTINGS:
        for value in values:
            if mallopt(parameter, value):  # 0 is a refusal
                break


def _chosen_by_the_user() -> bool:
    tuned = "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "")
    return tuned or any(name.startswith("MALLOC_") for name in os.environ)
