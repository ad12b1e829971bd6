"""Products of a few rows with a matrix that stays the same over many of them.

A BLAS arranges its operands anew for each product, which for the few rows of a recurrence takes as
long as a third of the product. Here the matrix is arranged once, in panels of columns, and then
read by a loop over small tiles, whose sums never leave the registers (Goto & van de Geijn 2008,
section 4; the tile is that of Van Zee & van de Geijn 2015, section 2).
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils, config
from numba.extending import intrinsic

from models.kernels.options import ALLOCATING, INNER


def _wide() -> bool:
    """Whether the processor that is compiled for has registers of 16 floats (AVX-512)."""
    if config.CPU_NAME:  # ty: ignore
        return "+avx512f" in str(config.CPU_FEATURES).split(",")  # ty: ignore
    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


LANES = 16 if _wide() else 8
"""Floats of a vector register."""
PANEL = 2 * LANES
"""Columns of a panel."""
TILE = 8 if LANES == 16 else 6
"""Rows of a tile: so many sums as fill half, or of AVX2 three quarters, of the registers."""


def _tile_of(rows: int) -> Any:
    """An intrinsic for tiles of so many rows."""

    @intrinsic
    def tile(
        typing_context: Any,
        a: Any,
        stride_a: Any,
        panel: Any,
        depth: Any,
        add: Any,
        c: Any,
        stride_c: Any,
    ) -> Any:
        address, size = types.uintp, types.intp

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            _emit(builder, rows, *values)
            return context.get_dummy_value()

        given = (address, size, address, size, types.boolean, address, size)
        return types.void(*given), generate

    return tile


def _emit(
    builder: Any, rows: int, a: Any, stride_a: Any, panel: Any, depth: Any, add: Any, c: Any,
    stride_c: Any,
) -> None:  # fmt: skip
    """c[r, :] (+)= sum over k of a[r, k] panel[k, :], with all sums in registers."""
    number, index = ir.FloatType(), ir.IntType(64)
    vector = ir.VectorType(number, LANES)
    fma = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{LANES}f32"
    )

    def at(base: Any, offset: Any, kind: Any) -> Any:
        place = builder.add(base, builder.mul(offset, ir.Constant(index, 4)))
        return builder.inttoptr(place, kind.as_pointer())

    def plus(offset: Any, more: int) -> Any:
        return builder.add(offset, ir.Constant(index, more))

    before, loop, after = (
        builder.block,
        builder.append_basic_block("tile"),
        builder.append_basic_block("tile_end"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(index)
    k.add_incoming(ir.Constant(index, 0), before)
    sums = [builder.phi(vector) for _ in range(2 * rows)]
    row = builder.mul(k, ir.Constant(index, PANEL))
    columns = [
        builder.load(at(panel, plus(row, half * LANES), vector), align=4) for half in range(2)
    ]
    added = []
    for r in range(rows):
        offset = builder.add(builder.mul(stride_a, ir.Constant(index, r)), k)
        value = builder.load(at(a, offset, number), align=4)
        one = builder.insert_element(
            ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
        )
        spread = builder.shuffle_vector(
            one,
            ir.Constant(vector, ir.Undefined),
            ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES),
        )
        added += [
            builder.call(fma, [spread, columns[half], sums[2 * r + half]]) for half in range(2)
        ]
    following = plus(k, 1)
    k.add_incoming(following, loop)
    for total, new in zip(sums, added, strict=True):
        total.add_incoming(ir.Constant(vector, [0.0] * LANES), before)
        total.add_incoming(new, loop)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)
    builder.position_at_end(after)
    with builder.if_else(builder.trunc(add, ir.IntType(1))) as (adding, writing):
        for branch, to_add in ((adding, True), (writing, False)):
            with branch:
                for place, total in enumerate(added):
                    r, half = divmod(place, 2)
                    offset = builder.mul(stride_c, ir.Constant(index, r))
                    to = at(c, plus(offset, half * LANES), vector)
                    if to_add:
                        total = builder.fadd(total, builder.load(to, align=4))
                    builder.store(total, to, align=4)


_tile, _tile_4, _tile_2, _tile_1 = (_tile_of(rows) for rows in (TILE, 4, 2, 1))


@njit(**ALLOCATING)
def panels(matrix: np.ndarray, transposed: bool) -> np.ndarray:
    """Arranges a matrix.

    Args:
        matrix: float32 `[depth, width]`, or transposed.
        transposed: whether the rows of `matrix` are the columns of the product.

    Returns:
        float32 `[panels, depth, PANEL]`, zero beyond the last column.
    """
    depth, width = matrix.shape[::-1] if transposed else matrix.shape
    count = (width + PANEL - 1) // PANEL
    found = np.zeros((count, depth, PANEL), np.float32)
    for p in range(count):
        for k in range(depth):
            for j in range(min(PANEL, width - p * PANEL)):
                at = p * PANEL + j
                found[p, k, j] = matrix[at, k] if transposed else matrix[k, at]
    return found


@njit(**INNER)
def _rows(
    count: int, a: int, stride_a: int, panel: int, depth: int, add: bool, c: int, stride_c: int
) -> None:
    """All rows times a panel, in tiles of as many rows as are left; matrices as addresses."""
    r = 0
    while r + TILE <= count:
        _tile(a + 4 * r * stride_a, stride_a, panel, depth, add, c + 4 * r * stride_c, stride_c)
        r += TILE
    while r + 4 <= count:
        _tile_4(a + 4 * r * stride_a, stride_a, panel, depth, add, c + 4 * r * stride_c, stride_c)
        r += 4
    while r + 2 <= count:
        _tile_2(a + 4 * r * stride_a, stride_a, panel, depth, add, c + 4 * r * stride_c, stride_c)
        r += 2
    if r < count:
        _tile_1(a + 4 * r * stride_a, stride_a, panel, depth, add, c + 4 * r * stride_c, stride_c)


@njit(**INNER)
def panel_product(
    count: int,
    a: np.ndarray,
    stride_a: int,
    arranged: np.ndarray,
    width: int,
    add: bool,
    c: np.ndarray,
    stride_c: int,
    spare: np.ndarray,
) -> None:
    """C = a b, or c += a b, for a matrix b that `panels` arranged.

    Args:
        count: rows of a and c.
        a: float32 `[rows, depth]`.
        stride_a: floats between the rows of a.
        arranged: of `panels`.
        width: columns of b.
        add: whether c is added to.
        c: float32 `[rows, width]`.
        stride_c: as of a.
        spare: float32 `[rows, PANEL]`, room for columns of which c has not all.
    """
    depth, whole = arranged.shape[1], width // PANEL
    for p in range(whole):
        _rows(
            count, a.ctypes.data, stride_a, arranged[p].ctypes.data, depth, add,
            c.ctypes.data + 4 * p * PANEL, stride_c,
        )  # fmt: skip
    if whole * PANEL == width:
        return
    _rows(
        count, a.ctypes.data, stride_a, arranged[whole].ctypes.data, depth, False,
        spare.ctypes.data, PANEL,
    )  # fmt: skip
    for r in range(count):
        to, row = c[r, whole * PANEL :], spare[r]
        for j in range(to.size):
            to[j] = row[j] + (to[j] if add else np.float32(0))
