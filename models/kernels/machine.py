"""Denormal numbers count as zero in the kernels, as in all of TensorFlow's own.

Gradients that vanish over many steps become denormal, and a processor is some hundred times slower
on these: three quarters of the backward pass of an LSTM over 400 steps went there. TensorFlow's
threads flush them to zero; the kernels' threads are Python's, which do not.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from models.kernels.options import INNER

X86 = platform.machine().lower() in ("x86_64", "amd64")
FLUSH = 0x8040
"""Bits of the control register MXCSR: results that are denormal become zero (bit 15), and so do
operands (bit 6)."""


def _call(builder: Any, name: str, slot: Any) -> None:
    pointer = cgutils.voidptr_t
    kind = ir.FunctionType(ir.VoidType(), [pointer])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{name}")
    builder.call(function, [builder.bitcast(slot, pointer)])


@intrinsic
def _control(typing_context: Any) -> Any:
    """Reads MXCSR; 0 on other processors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        slot = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(32), 0))
        if X86:
            _call(builder, "stmxcsr", slot)
        return builder.load(slot)

    return types.uint32(), generate


@intrinsic
def _set_control(typing_context: Any, value: Any) -> Any:
    """Writes MXCSR; nothing on other processors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if X86:
            slot = cgutils.alloca_once(builder, ir.IntType(32))
            builder.store(arguments[0], slot)
            _call(builder, "ldmxcsr", slot)
        return context.get_dummy_value()

    return types.void(types.uint32), generate


@njit(**INNER)
def flush_denormals() -> int:
    """From here on denormal numbers are zero in this thread.

    Returns:
        What `restore` takes.
    """
    before = _control()
    _set_control(types.uint32(before | FLUSH))
    return before


@njit(**INNER)
def restore(before: int) -> None:
    """Ends what `flush_denormals` began."""
    _set_control(types.uint32(before))
