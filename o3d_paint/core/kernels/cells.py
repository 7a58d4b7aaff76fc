"""Compiled loops that index points by cell and find nearest points; import late (numba).

Sums of squares are written in the order in which SciPy's trees add them, without fused
multiply-adds, so that a point exactly on the sphere falls on the same side.
"""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["bounds", "cell_boxes", "cell_keys", "marked", "nearest", "out_of_reach"]

TIE_SLACK = 1e-9


@kernel
def cell_keys(
    xyz: FloatArray, origin: FloatArray, size: float, pad: int, nx: int, ny: int, nz: int
) -> Ints:
    """Return the padded lattice number of every point: (N, 3) -> (N,)."""
    most = nx - 1 - 2 * pad, ny - 1 - 2 * pad, nz - 1 - 2 * pad
    keys = np.zeros(len(xyz), dtype=np.int64)
    for i in range(len(xyz)):
        ix = np.int64(min(max(np.floor((xyz[i, 0] - origin[0]) / size), 0), most[0])) + pad
        iy = np.int64(min(max(np.floor((xyz[i, 1] - origin[1]) / size), 0), most[1])) + pad
        iz = np.int64(min(max(np.floor((xyz[i, 2] - origin[2]) / size), 0), most[2])) + pad
        keys[i] = (ix * ny + iy) * nz + iz
    return keys


@kernel
def bounds(xyz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest coordinates (3,) of points (N, 3), one at least.

    NumPy takes twenty times as long along the first axis of so narrow an array.
    """
    low, high = xyz[0].copy(), xyz[0].copy()
    for i in range(1, len(xyz)):
        for a in range(3):
            low[a] = min(low[a], xyz[i, a])
            high[a] = max(high[a], xyz[i, a])
    return low, high


@kernel
def out_of_reach(xyz: FloatArray, points: Ints, centers: FloatArray, reach: float) -> BoolArray:
    """Return (K,) whether some of the points are farther than that from every centre (F, 3)."""
    out = np.ones(len(points), dtype=np.bool_)
    for k in range(len(points)):
        i = points[k]
        for f in range(len(centers)):
            x, y, z = (
                xyz[i, 0] - centers[f, 0],
                xyz[i, 1] - centers[f, 1],
                xyz[i, 2] - centers[f, 2],
            )
            if np.sqrt(x * x + y * y + z * z) <= reach:
                out[k] = False
                break
    return out


@kernel
def marked(
    xyz: FloatArray, others: FloatArray, origin: FloatArray, size: float, nx: int, ny: int, nz: int
) -> BoolArray:
    """Return (N,) whether a point is in a cell with, or next to, one of the others (K, 3).

    Cells are those of a grid of nx by ny by nz, in whose inner ones all others lie.
    """
    grid = np.zeros((nx, ny, nz), dtype=np.bool_)
    for k in range(len(others)):
        ix = np.int64(np.floor((others[k, 0] - origin[0]) / size)) + 1
        iy = np.int64(np.floor((others[k, 1] - origin[1]) / size)) + 1
        iz = np.int64(np.floor((others[k, 2] - origin[2]) / size)) + 1
        grid[ix, iy, iz] = True
    around = np.zeros_like(grid)
    for a in range(1, nx - 1):
        for b in range(1, ny - 1):
            for c in range(1, nz - 1):
                if grid[a, b, c]:
                    around[a - 1 : a + 2, b - 1 : b + 2, c - 1 : c + 2] = True
    out = np.zeros(len(xyz), dtype=np.bool_)
    for i in range(len(xyz)):
        x = np.floor((xyz[i, 0] - origin[0]) / size) + 1
        y = np.floor((xyz[i, 1] - origin[1]) / size) + 1
        z = np.floor((xyz[i, 2] - origin[2]) / size) + 1
        if 0 <= x < nx and 0 <= y < ny and 0 <= z < nz:
            out[i] = around[np.int64(x), np.int64(y), np.int64(z)]
    return out


@kernel
def cell_boxes(xyz: FloatArray, starts: Ints) -> tuple[FloatArray, FloatArray]:
    """Return the tight boxes of points sorted by cell: low (K, 3) and high (K, 3)."""
    low = np.zeros((len(starts) - 1, 3))
    high = np.zeros((len(starts) - 1, 3))
    for k in range(len(starts) - 1):
        for a in range(3):
            low[k, a] = high[k, a] = xyz[starts[k], a]
        for i in range(starts[k] + 1, starts[k + 1]):
            for a in range(3):
                low[k, a] = min(low[k, a], xyz[i, a])
                high[k, a] = max(high[k, a], xyz[i, a])
    return low, high


@kernel
def nearest(
    queries: FloatArray,
    xyz: FloatArray,
    order: Ints,
    keys: Ints,
    starts: Ints,
    origin: FloatArray,
    tolerance: float,
    pad: int,
    shape: tuple[int, int, int],
) -> tuple[Ints, BoolArray]:
    """Find the nearest point strictly closer than `tolerance`, which is the edge of a cell.

    Returns:
        (Q,) winners, -1 where there is none, and (Q,) whether another point is as near up to
        rounding, in which case only the published method's own tree knows which it would take.
    """
    found = np.full(len(queries), -1, dtype=np.int64)
    tied = np.zeros(len(queries), dtype=np.bool_)
    gaps = np.zeros((3, 3))
    _, ny, nz = shape
    for q in range(len(queries)):
        key = np.int64(0)
        for a in range(3):
            place = (queries[q, a] - origin[a]) / tolerance
            cell = np.floor(place)
            gaps[a, 0] = max(place - cell - TIE_SLACK, 0.0) * tolerance
            gaps[a, 2] = max(cell + 1.0 - place - TIE_SLACK, 0.0) * tolerance
            last = shape[a] - 1 - 2 * pad
            if cell < 0 or cell > last:
                cell = min(max(cell, 0.0), last)
                gaps[a, 0], gaps[a, 2] = 0.0, 0.0
            key = key * (1, ny, nz)[a] + np.int64(cell) + pad
        best, second, winner = tolerance * tolerance, np.inf, np.int64(-1)
        # The own cell first: most painted points lie exactly on a point of the cloud.
        for step in range(27):
            sx, sy, sz = ((step // 9 + 1) % 3, (step // 3 + 1) % 3, (step + 1) % 3)
            gap = gaps[0, sx] ** 2 + gaps[1, sy] ** 2 + gaps[2, sz] ** 2
            if gap > best * (1.0 + TIE_SLACK):
                continue
            wanted = key + ((sx - 1) * ny + (sy - 1)) * nz + (sz - 1)
            cell_at = np.searchsorted(keys, wanted)
            if cell_at == len(keys) or keys[cell_at] != wanted:
                continue
            for i in range(starts[cell_at], starts[cell_at + 1]):
                dx = xyz[i, 0] - queries[q, 0]
                dy = xyz[i, 1] - queries[q, 1]
                dz = xyz[i, 2] - queries[q, 2]
                squared = dx * dx + dy * dy + dz * dz
                if squared < best:
                    best, second, winner = squared, best, order[i]
                elif squared < second:
                    second = squared
        found[q] = winner
        tied[q] = winner >= 0 and second <= best * (1.0 + TIE_SLACK)
    return found, tied
