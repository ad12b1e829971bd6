"""How the kernels are compiled."""

from __future__ import annotations

from typing import Any

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

ENTRY: dict[str, Any] = ALLOCATING | {"nogil": True, "cache": True, "no_cpython_wrapper": False}
"""Of what Python calls; it holds no lock while it runs."""
