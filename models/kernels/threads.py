"""The threads that compiled loops run on, and the memory that they use again."""

from __future__ import annotations

import functools
import itertools
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

ALIGNMENT = 64
"""Bytes: TensorFlow takes an array that begins at a multiple of it as it is, and copies others."""


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def together(work: Callable[[int, int], object], size: int) -> None:
    """Does some work in parts, a thread for each core.

    Args:
        work: is given where a part begins and where it ends.
        size: of all parts.
    """
    parts = min(cores(), max(size, 1))
    edges = [size * part // parts for part in range(parts + 1)]
    each(functools.partial(work, *edge) for edge in itertools.pairwise(edges))


def each(calls: Iterable[Callable[[], object]]) -> None:
    """Calls all, at the same time as far as there are cores."""
    for done in [_threads().submit(call) for call in calls]:
        done.result()


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "kernel", initializer=_flush_denormals)


class Memory:
    """Arrays that are used again once nobody holds them any more.

    Fresh memory is zeroed by the system page by page, which takes longer than to fill it.
    """

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []
        self._lock = threading.Lock()

    def empty(self, *shape: int) -> np.ndarray:
        """A float32 array of any content."""
        needed = 4 * int(np.prod(shape)) + ALIGNMENT
        with self._lock:
            free = [number for number in range(len(self._blocks)) if self._is_free(number)]
            fitting = [number for number in free if self._blocks[number].size >= needed]
            if fitting:
                block = self._blocks[fitting[0]]
            else:
                self._blocks = [b for n, b in enumerate(self._blocks) if n not in free]
                block = np.empty(needed, np.uint8)
                self._blocks.append(block)
            start = -block.ctypes.data % ALIGNMENT
            return block[start : start + needed - ALIGNMENT].view(np.float32).reshape(shape)

    def _is_free(self, number: int) -> bool:
        # An array that is a view of the block holds it; the list and the question do too.
        return sys.getrefcount(self._blocks[number]) == 2


@intrinsic
def _set_flags(context: Any, flags: Any) -> Any:
    """Adds flags to the register MXCSR of this thread."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        place = cgutils.alloca_once(builder, ir.IntType(32))
        pointer = builder.bitcast(place, ir.IntType(8).as_pointer())
        names = ("llvm.x86.sse.stmxcsr", "llvm.x86.sse.ldmxcsr")
        read, write = (cgutils.get_or_insert_function(builder.module, kind, n) for n in names)
        builder.call(read, [pointer])
        builder.store(builder.or_(builder.load(place), given[0]), place)
        builder.call(write, [pointer])
        return context.get_dummy_value()

    return types.void(types.uint32), generate


def _flush_denormals() -> None:
    """Makes this thread take denormal numbers for zero, as TensorFlow's do.

    Vanishing gradients become such numbers, and a processor needs a hundred times as long for them.
    """
    if platform.machine() in ("x86_64", "AMD64"):
        set_flags: Any = _set_flags
        njit(types.void(types.uint32))(lambda flags: set_flags(flags))(np.uint32(0x8040))
