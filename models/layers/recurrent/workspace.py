"""Buffers that are used again from step to step.

To allocate and free a layer's activations in each step makes the system zero the same pages again
and again, which costs more than some of the mathematics.
"""

from __future__ import annotations

import math
import threading
import weakref
from typing import Any

import numpy as np

ALIGNMENT = 64
"""Bytes. TensorFlow takes an array without a copy if it begins at such an address."""

SPARE = 6
"""Free buffers that are kept, for lengths that take turns."""


class Workspace:
    """Lends float32 arrays.

    An array comes back by itself when nothing refers to it any more, be it Python or a tensor that
    TensorFlow made of it. All are freed with the workspace.
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []
        self._lock = threading.RLock()  # an array may go while another is being lent

    def take(self, *shape: int) -> np.ndarray:
        """An array of this shape; what is in it is left over from before."""
        size = math.prod(shape)
        loan = _Loan(self, self._buffer(size), size)
        return np.asarray(loan).reshape(shape)

    def borrowed(self) -> Borrowed:
        """This workspace for those who may outlive its owner."""
        return Borrowed(self)

    def give(self, buffer: np.ndarray) -> None:
        """Takes a buffer back."""
        with self._lock:
            self._free = sorted([*self._free, buffer], key=len)[-SPARE:]

    def _buffer(self, size: int) -> np.ndarray:
        """The smallest free buffer of at least `size` that is not far too large, or a new one."""
        with self._lock:
            for buffer in self._free:  # the smallest first
                if size <= len(buffer) <= 2 * size + 4096:
                    self._free = [other for other in self._free if other is not buffer]
                    return buffer
        spare = ALIGNMENT // 4
        memory = np.empty(size + spare, np.float32)
        start = (-memory.ctypes.data % ALIGNMENT) // 4
        return memory[start : start + size]

    def __deepcopy__(self, memo: dict[int, Any]) -> Workspace:
        return Workspace()

    def __reduce__(self) -> tuple[type[Workspace], tuple[()]]:
        return Workspace, ()


class Borrowed:
    """A workspace that goes with its owner, whoever still has this.

    TensorFlow keeps every function that a graph calls for as long as the process lives.

    Args:
        workspace: of a layer.
    """

    def __init__(self, workspace: Workspace):
        self._workspace = weakref.ref(workspace)

    def take(self, *shape: int) -> np.ndarray:
        """As `Workspace.take`; an array of its own once the owner has gone."""
        return (self._workspace() or Workspace()).take(*shape)


class _Loan:
    """Stands behind a lent array: it goes when the array goes."""

    def __init__(self, workspace: Workspace, buffer: np.ndarray, size: int):
        self._workspace, self._buffer = workspace, buffer
        self.__array_interface__ = buffer[:size].__array_interface__

    def __del__(self) -> None:
        self._workspace.give(self._buffer)
