"""Settings of glibc's allocator for training: freed memory stays with the process."""

from __future__ import annotations

import ctypes
import os
import sys

MIB = 1024 * 1024

# Parameters of mallopt (malloc.h), each with the values to try in order.
SETTINGS = (
    # Larger blocks are mapped one by one and returned when freed. Old versions of glibc accept
    # at most 32 MiB.
    (-3, (1024 * MIB, 32 * MIB)),  # M_MMAP_THRESHOLD
    # Free memory at the end of the heap above which it is returned.
    (-1, (2**31 - 1,)),  # M_TRIM_THRESHOLD
    # Address space, not memory, that the heap grows by at a time.
    (-2, (64 * MIB,)),  # M_TOP_PAD
    # One arena, because others cannot contain blocks beyond 64 MiB, which would be mapped.
    (-8, (1,)),  # M_ARENA_MAX
)


def keep_freed_memory() -> None:
    """Lets the process reuse freed blocks of any size.

    By default glibc returns large blocks to the system, which zeroes them page by page when they
    are allocated again. To be called before TensorFlow allocates memory. Has no effect if the
    environment configures the allocator (`MALLOC_...`, `GLIBC_TUNABLES`), or without `mallopt`
    (on macOS, with musl).
    """
    if not sys.platform.startswith("linux") or _configured_by_environment():
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for parameter, values in SETTINGS:
        for value in values:
            if mallopt(parameter, value):  # 0 if it fails
                break


def _configured_by_environment() -> bool:
    tuned = "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "")
    return tuned or any(name.startswith("MALLOC_") for name in os.environ)
