"""What compiled loops are made of: matrix products and elementary functions, all float32.

A loop is compiled to vector instructions only if it has few distinct arrays and nothing in it that
may raise. So divisions follow IEEE 754 (`error_model="numpy"`), and large loops are cut into
several simple ones. Sums may be taken in any order; that a number is never NaN may not be assumed,
because a NaN must show.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
import numpy as np
from numba import njit, types
from numba.extending import get_cython_function_address
from threadpoolctl import ThreadpoolController

f4 = np.float32
N, T = 78, 84
"""The letters by which BLAS is told to take a matrix as it is, or transposed."""

FAST = {"nsz", "arcp", "contract", "afn", "reassoc"}
LOOP: dict[str, Any] = {"nogil": True, "fastmath": FAST, "error_model": "numpy", "cache": True}
"""How a loop is compiled: it holds no lock of Python's, and is compiled once for all processes."""
INLINE: dict[str, Any] = {"inline": "always", "fastmath": FAST, "error_model": "numpy"}
LANES = 16
"""Numbers that one instruction works on at most."""

# By name, and not as a pointer, so that what calls it can be kept on disk.
llvmlite.binding.add_symbol(
    "unrolled_sgemm", get_cython_function_address("scipy.linalg.cython_blas", "sgemm")
)
# A product runs on the thread that asks for it. Told at import, because to look for libraries while
# other threads load some can lock up; NumPy's own products keep their threads.
for _library in ThreadpoolController().lib_controllers:
    if _library.user_api == "blas" and "numpy" not in str(_library.filepath):
        _library.set_num_threads(1)
_sgemm: Any = types.ExternalFunction("unrolled_sgemm", types.void(*[types.intp] * 13))


@njit(**INLINE)
def product(turn_a, turn_b, m, n, k, a, lda, b, ldb, beta, c, ldc):
    """C <- op(A) op(B) + beta C, for matrices that lie row by row in memory.

    Args:
        turn_a: `N` or `T`, what op does to A.
        turn_b: what it does to B.
        m: rows of C.
        n: columns of C.
        k: columns of op(A).
        a: an array that begins where A does.
        lda: numbers from one row of A to the next.
        b: as `a`.
        ldb: as `lda`.
        beta: float32.
        c: as `a`.
        ldc: as `lda`.
    """
    # To BLAS, which takes columns for rows, C' = op(B)' op(A)'.
    chars, ints = np.array([turn_b, turn_a], np.uint8), np.array([n, m, k, ldb, lda, ldc], np.int32)
    floats = np.array([1.0, beta], np.float32)
    _sgemm(
        chars.ctypes.data,
        chars[1:].ctypes.data,
        ints.ctypes.data,
        ints[1:].ctypes.data,
        ints[2:].ctypes.data,
        floats.ctypes.data,
        b.ctypes.data,
        ints[3:].ctypes.data,
        a.ctypes.data,
        ints[4:].ctypes.data,
        floats[1:].ctypes.data,
        c.ctypes.data,
        ints[5:].ctypes.data,
    )


@njit(**INLINE)
def exp(x):
    """e^x for x <= 0, to 3e-7 of its value (Cephes); e^-87 for all that is less."""
    x = f4(-87.0) if x < f4(-87.0) else x
    n = np.floor(x * f4(1.44269504088896341) + f4(0.5))
    r = x - n * f4(0.693359375) - n * f4(-2.12194440e-4)
    p = f4(1.9875691500e-4) * r + f4(1.3981999507e-3)
    p = p * r + f4(8.3334519073e-3)
    p = p * r + f4(4.1665795894e-2)
    p = p * r + f4(1.6666665459e-1)
    p = p * r + f4(5.0000001201e-1)
    power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)  # 2^n
    return (p * r * r + r + f4(1)) * power


@njit(**INLINE)
def tanh(x):
    """The hyperbolic tangent, by the rational approximation of Eigen, which TensorFlow takes."""
    x = f4(7.90531110763549805) if x > f4(7.90531110763549805) else x
    x = f4(-7.90531110763549805) if x < f4(-7.90531110763549805) else x
    s = x * x
    p = f4(-2.76076847742355e-16) * s + f4(2.00018790482477e-13)
    p = p * s + f4(-8.60467152213735e-11)
    p = p * s + f4(5.12229709037114e-08)
    p = p * s + f4(1.48572235717979e-05)
    p = p * s + f4(6.37261928875436e-04)
    p = p * s + f4(4.89352455891786e-03)
    q = f4(1.19825839466702e-06) * s + f4(1.18534705686654e-04)
    q = q * s + f4(2.26843463243900e-03)
    q = q * s + f4(4.89352518554385e-03)
    return x * p / q


@njit(**INLINE)
def sigmoid(x):
    """1 / (1 + e^-x)."""
    return f4(0.5) * tanh(f4(0.5) * x) + f4(0.5)


@njit(**INLINE)
def highest(values):
    """The largest of some numbers that is no NaN; minus infinity where there is none."""
    lanes = np.full(LANES, -np.inf, np.float32)
    whole = len(values) - len(values) % LANES
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            value = values[start + lane]
            lanes[lane] = value if value > lanes[lane] else lanes[lane]
    top = f4(-np.inf)
    for value in lanes:
        top = value if value > top else top
    for value in values[whole:]:
        top = value if value > top else top
    return top
