"""Matrix products by the BLAS that SciPy brings.

It is bound by name, so that compiled kernels can be kept on disk, and through SciPy's Cython
interface, so that no library has to be found.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic
from numpy import ndarray

from models.kernels.options import INNER

SYMBOL = "unrolled_sgemm"
llvmlite.binding.add_symbol(
    SYMBOL, get_cython_function_address("scipy.linalg.cython_blas", "sgemm")
)
AS_IS, TRANSPOSED = np.uint8(ord("N")), np.uint8(ord("T"))
ONE = np.float32(1)


@intrinsic
def _sgemm(
    typing_context: Any,
    transpose_a: Any,
    transpose_b: Any,
    m: Any,
    n: Any,
    k: Any,
    alpha: Any,
    a: Any,
    stride_a: Any,
    b: Any,
    stride_b: Any,
    beta: Any,
    c: Any,
    stride_c: Any,
) -> Any:
    """The routine of Fortran, which takes all by reference; the matrices come as addresses."""
    character, integer, number, address = types.uint8, types.int32, types.float32, types.uintp
    sizes = (integer, integer, integer)
    matrix = (address, integer)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        given = []
        for kind, value in zip(signature.args, values, strict=True):
            if kind == address:
                given.append(builder.inttoptr(value, cgutils.voidptr_t))
            else:
                slot = cgutils.alloca_once_value(builder, value)
                given.append(builder.bitcast(slot, cgutils.voidptr_t))
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] * len(given))
        builder.call(cgutils.get_or_insert_function(builder.module, kind, SYMBOL), given)
        return context.get_dummy_value()

    signature = types.void(character, character, *sizes, number, *matrix, *matrix, number, *matrix)
    return signature, generate


@njit(**INNER)
def product(
    m: int,
    n: int,
    k: int,
    a: ndarray,
    stride_a: int,
    b: ndarray,
    stride_b: int,
    add: bool,
    c: ndarray,
    stride_c: int,
) -> None:
    """C = a b, or c += a b: a `[m, k]`, b `[k, n]`, c `[m, n]`, of rows that lie `stride_` apart.

    Args:
        m: rows of c.
        n: columns of c.
        k: columns of a.
        a: float32 array that begins with the matrix.
        stride_a: floats between the rows of a.
        b: as a.
        stride_b: as of a.
        add: whether c is added to.
        c: as a.
        stride_c: as of a.
    """
    # Rows of c[m, n] = a b are columns of c' = b' a': Fortran counts the other way round.
    beta = np.float32(1) if add else np.float32(0)
    _sgemm(
        AS_IS, AS_IS, n, m, k, ONE, b.ctypes.data, stride_b, a.ctypes.data, stride_a, beta,
        c.ctypes.data, stride_c,
    )  # fmt: skip


@njit(**INNER)
def product_transposed(
    m: int,
    n: int,
    k: int,
    a: ndarray,
    stride_a: int,
    b: ndarray,
    stride_b: int,
    add: bool,
    c: ndarray,
    stride_c: int,
) -> None:
    """As `product`, with b' in the place of b: b `[n, k]`."""
    beta = np.float32(1) if add else np.float32(0)
    _sgemm(
        TRANSPOSED, AS_IS, n, m, k, ONE, b.ctypes.data, stride_b, a.ctypes.data, stride_a, beta,
        c.ctypes.data, stride_c,
    )  # fmt: skip


@njit(**INNER)
def transposed_product(
    m: int,
    n: int,
    k: int,
    a: ndarray,
    stride_a: int,
    b: ndarray,
    stride_b: int,
    add: bool,
    c: ndarray,
    stride_c: int,
) -> None:
    """As `product`, with a' in the place of a: a `[k, m]`."""
    beta = np.float32(1) if add else np.float32(0)
    _sgemm(
        AS_IS, TRANSPOSED, n, m, k, ONE, b.ctypes.data, stride_b, a.ctypes.data, stride_a, beta,
        c.ctypes.data, stride_c,
    )  # fmt: skip
