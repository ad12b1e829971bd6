"""How the kernels are compiled, and for which arrays."""

from __future__ import annotations

from typing import Any

from numba import types

ALLOCATING: dict[str, Any] = {
    "error_model": "numpy",  # a check for division by zero would keep a loop scalar
    "boundscheck": False,
    # Fused multiply-add, and no more: NaN and infinity have to come through, or a training that
    # diverges would not be noticed.
    "fastmath": {"contract", "nsz"},
    "no_cpython_wrapper": True,  # not called from outside: half of the compiling
    "no_cfunc_wrapper": True,
}
"""Of what other kernels call."""

INNER: dict[str, Any] = ALLOCATING | {"_nrt": False}
"""Of what allocates nothing, and so need not count who refers to a row: counting takes as long as
the row."""

SUMMING: dict[str, Any] = INNER | {"fastmath": {"contract", "nsz", "reassoc"}}
"""Of a sum over a row, whose order the compiler may choose: always the same one, for vectors."""

ENTRY: dict[str, Any] = ALLOCATING | {"nogil": True, "cache": True, "no_cpython_wrapper": False}
"""Of what Python calls; it holds no lock while it runs."""

FLAT, MATRIX, CUBE = types.float32[::1], types.float32[:, ::1], types.float32[:, :, ::1]
INDICES, MASK = types.int64[::1], types.boolean[:, ::1]
"""Of these are the signatures of what Python calls."""
