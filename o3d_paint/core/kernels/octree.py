"""The loops of an octree whose cells are named by their Morton code; imported late (numba).

A cell of twice the size is the code without its last three bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["coarser", "codes_of", "find_around", "gathered", "table_of"]

LAST_CELL = 0x1FFFFE


@kernel
def _spread(value: int) -> Any:
    """Return the bits of a number of 21 bits with two free ones after each."""
    v = np.uint64(value) & np.uint64(0x1FFFFF)
    v = (v | (v << np.uint64(32))) & np.uint64(0x1F00000000FFFF)
    v = (v | (v << np.uint64(16))) & np.uint64(0x1F0000FF0000FF)
    v = (v | (v << np.uint64(8))) & np.uint64(0x100F00F00F00F00F)
    v = (v | (v << np.uint64(4))) & np.uint64(0x10C30C30C30C30C3)
    return (v | (v << np.uint64(2))) & np.uint64(0x1249249249249249)


@kernel
def gathered(v: Any) -> Any:
    """Return the number whose bits stand in every third place, the last one included."""
    v = v & np.uint64(0x1249249249249249)
    v = (v | (v >> np.uint64(2))) & np.uint64(0x10C30C30C30C30C3)
    v = (v | (v >> np.uint64(4))) & np.uint64(0x100F00F00F00F00F)
    v = (v | (v >> np.uint64(8))) & np.uint64(0x1F0000FF0000FF)
    v = (v | (v >> np.uint64(16))) & np.uint64(0x1F00000000FFFF)
    v = (v | (v >> np.uint64(32))) & np.uint64(0x1FFFFF)
    return np.int64(v)


@kernel
def _code(x: int, y: int, z: int) -> Any:
    return (_spread(x) << np.uint64(2)) | (_spread(y) << np.uint64(1)) | _spread(z)


@kernel
def codes_of(xyz: FloatArray, low: FloatArray, size: float) -> Any:
    """Return (N,) the code of each point's cell; what lies far out counts to the outermost ones."""
    out = np.empty(len(xyz), np.uint64)
    place = np.zeros(3, np.int64)
    for i in range(len(xyz)):
        for a in range(3):
            place[a] = np.int64(min(max(np.floor((xyz[i, a] - low[a]) / size), 1.0), LAST_CELL))
        out[i] = _code(place[0], place[1], place[2])
    return out


@kernel
def coarser(codes: Any, shift: int) -> tuple[Any, Ints]:
    """Group sorted codes by what is left of them without their last bits.

    Returns:
        (K,) the shortened codes, and (K + 1,) where each begins.
    """
    count = 0
    for i in range(len(codes)):
        if i == 0 or (codes[i] >> np.uint64(shift)) != (codes[i - 1] >> np.uint64(shift)):
            count += 1
    short, first = np.empty(count, np.uint64), np.empty(count + 1, np.int64)
    c = 0
    for i in range(len(codes)):
        if i == 0 or (codes[i] >> np.uint64(shift)) != (codes[i - 1] >> np.uint64(shift)):
            short[c], first[c] = codes[i] >> np.uint64(shift), i
            c += 1
    first[count] = len(codes)
    return short, first


@kernel
def _slot(code: Any, mask: int) -> Any:
    return np.int64((code * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask


@kernel
def table_of(codes: Any) -> Ints:
    """Return an open hash table of the positions of codes, -1 where free."""
    size = 16
    while size < 2 * len(codes):
        size *= 2
    table = np.full(size, -1, np.int32)
    for i in range(len(codes)):
        slot = _slot(codes[i], size - 1)
        while table[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        table[slot] = i
    return table


@kernel
def find_around(code: Any, codes: Any, parents: Any, first: Ints, table: Ints, out: Ints) -> None:
    """Write the positions of the (27,) cells around a cell, itself included, -1 where empty."""
    x, y, z = gathered(code >> np.uint64(2)), gathered(code >> np.uint64(1)), gathered(code)
    out[:] = -1
    mask = len(table) - 1
    for k in range(8):
        parent = _code(
            ((x - 1) >> 1) + (k >> 2), ((y - 1) >> 1) + ((k >> 1) & 1), ((z - 1) >> 1) + (k & 1)
        )
        slot = _slot(parent, mask)
        while table[slot] >= 0 and parents[table[slot]] != parent:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            continue
        for j in range(first[table[slot]], first[table[slot] + 1]):
            dx = gathered(codes[j] >> np.uint64(2)) - x + 1
            dy = gathered(codes[j] >> np.uint64(1)) - y + 1
            dz = gathered(codes[j]) - z + 1
            if 0 <= dx < 3 and 0 <= dy < 3 and 0 <= dz < 3:
                out[dx * 9 + dy * 3 + dz] = j
