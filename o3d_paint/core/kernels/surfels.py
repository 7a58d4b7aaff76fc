"""The loops that find flat pieces of a cloud; imported late: loading numba takes its time."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel
from o3d_paint.core.kernels.octree import find_around, gathered, table_of

__all__ = ["fit_cells", "hulls"]

FLAT, UNEVEN, COVERED = 1, 2, 3


@kernel
def _in_block(block: int, member: int) -> int:
    """Return which of the 27 cells around the middle one is a member (0..7) of a block (0..7)."""
    dx = ((member >> 2) & 1) - ((block >> 2) & 1) + 1
    dy = ((member >> 1) & 1) - ((block >> 1) & 1) + 1
    return dx * 9 + dy * 3 + (member & 1) - (block & 1) + 1


@kernel
def _spreads(s: FloatArray) -> tuple[float, float, float, float, float, float]:
    """Return smallest and middle variance of summed moments (10,), and the flattest direction."""
    n = s[0]
    x, y, z = s[1] / n, s[2] / n, s[3] / n
    a, b, c = s[4] / n - x * x, s[5] / n - x * y, s[6] / n - x * z
    d, e, f = s[7] / n - y * y, s[8] / n - y * z, s[9] / n - z * z
    mean = (a + d + f) / 3
    off = b * b + c * c + e * e
    scale = np.sqrt(((a - mean) ** 2 + (d - mean) ** 2 + (f - mean) ** 2 + 2 * off) / 6)
    if scale < 1e-30:
        return mean, mean, 0.0, 0.0, 1.0, n
    A, D, F = (a - mean) / scale, (d - mean) / scale, (f - mean) / scale
    B, C, E = b / scale, c / scale, e / scale
    half = (A * (D * F - E * E) - B * (B * F - E * C) + C * (B * E - D * C)) / 2
    angle = np.arccos(min(1.0, max(-1.0, half))) / 3
    largest = mean + 2 * scale * np.cos(angle)
    least = mean + 2 * scale * np.cos(angle + 2 * np.pi / 3)
    # At right angles to two rows of the matrix without the least eigenvalue: the longest product.
    nx, ny, nz, longest = 0.0, 0.0, 1.0, 1e-60
    p, q, r = (a - least, b, c), (b, d - least, e), (c, e, f - least)
    for one, other in ((p, q), (p, r), (q, r)):
        u = one[1] * other[2] - one[2] * other[1]
        v = one[2] * other[0] - one[0] * other[2]
        w = one[0] * other[1] - one[1] * other[0]
        length = u * u + v * v + w * w
        if length > longest:
            nx, ny, nz, longest = u, v, w, length
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    return max(least, 0.0), 3 * mean - least - largest, nx / length, ny / length, nz / length, n


@kernel
def _moments(
    xyz: FloatArray, order: Ints, span: Any, corner: FloatArray, size: float, m: Any
) -> None:
    """Write count, sums and summed products (10,) of some points, in cells from a corner."""
    m[:] = 0
    for j in range(span[0], span[1]):
        i = order[j]
        x = (xyz[i, 0] - corner[0]) / size
        y = (xyz[i, 1] - corner[1]) / size
        z = (xyz[i, 2] - corner[2]) / size
        m[0] += 1
        m[1] += x
        m[2] += y
        m[3] += z
        m[4] += x * x
        m[5] += x * y
        m[6] += x * z
        m[7] += y * y
        m[8] += y * z
        m[9] += z * z


@kernel
def fit_cells(
    xyz: FloatArray,
    order: Ints,
    low: FloatArray,
    size: float,
    codes: Any,
    starts: Ints,
    parents: Any,
    first: Ints,
    wanted: Any,
    fewest: int,
    flat: float,
    broad: float,
) -> tuple[Ints, FloatArray]:
    """Fit a plane to each wanted cell with its neighbours, in the flattest way.

    A cell belongs to eight blocks of two by two by two cells; of these the flattest that holds
    enough points is taken. Beside an edge that is one on the cell's own side of it.

    Args:
        xyz: (N, 3) points.
        order: (N,) their positions, sorted by code.
        low: (3,) the corner of the first cell.
        size: Edge of a cell.
        codes: (K,) of the cells.
        starts: (K + 1,) where each begins in ``order``.
        parents: (P,) codes of the cells of twice the size.
        first: (P + 1,) where each begins in ``codes``.
        wanted: (K,) which cells to fit.
        fewest: Points that a block needs.
        flat: Largest standard deviation across a plane, in cells.
        broad: Least standard deviation along its narrower side, in cells.

    Returns:
        (K,) 0, `FLAT`, `UNEVEN`, or `COVERED` by a flat neighbour; and (K, 9) number of points,
        deviation, middle, normal, and which block was taken.
    """
    table = table_of(parents)
    state, plane = np.zeros(len(codes), np.int8), np.zeros((len(codes), 9))
    around, m, sums = np.empty(27, np.int64), np.zeros((27, 10)), np.zeros((8, 10))
    deviation, corner, narrow = np.empty(8), np.zeros(3), np.zeros(8)
    for c in range(len(codes)):
        if not wanted[c]:
            continue
        find_around(codes[c], codes, parents, first, table, around)
        for a in range(3):
            corner[a] = low[a] + gathered(codes[c] >> np.uint64(2 - a)) * size
        for k in range(27):
            if around[k] >= 0:
                span = (starts[around[k]], starts[around[k] + 1])
                _moments(xyz, order, span, corner, size, m[k])
        least = np.inf
        for block in range(8):
            sums[block, :] = 0
            for member in range(8):
                k = _in_block(block, member)
                if around[k] >= 0:
                    sums[block] += m[k]
            deviation[block] = np.inf
            n = sums[block, 0]
            if n >= fewest:
                across, along = _spreads(sums[block])[:2]
                deviation[block], narrow[block] = np.sqrt(across * n / (n - 3)), np.sqrt(along)
                least = min(least, deviation[block])
        if least == np.inf:
            continue
        # Of blocks that are about as flat the one with most points: its plane is the surest.
        taken, most = 0, 0.0
        for block in range(8):
            if deviation[block] <= 1.3 * least + 1e-9 and sums[block, 0] > most:
                taken, most = block, sums[block, 0]
        s = sums[taken]
        nx, ny, nz = _spreads(s)[2:5]
        plane[c, 0], plane[c, 1], plane[c, 8] = s[0], deviation[taken] * size, taken
        for a in range(3):
            plane[c, 2 + a] = corner[a] + s[1 + a] / s[0] * size
        plane[c, 5], plane[c, 6], plane[c, 7] = nx, ny, nz
        is_flat = deviation[taken] <= flat and narrow[taken] >= broad
        state[c] = FLAT if is_flat else UNEVEN
    _judged_together(state, plane, codes, parents, first, table, flat * size)
    return state, plane


@kernel
def _judged_together(
    state: Ints, plane: FloatArray, codes: Any, parents: Any, first: Ints, table: Ints, flat: float
) -> None:
    """Let neighbours decide what one cell is too small to know: noise, and what is an edge.

    Where most cells around are uneven it is noise, and larger cells are needed; where some are
    flat, an uneven one is an edge between them, and a sparse one is covered by them.
    """
    around, found = np.empty(27, np.int64), np.empty(27)
    usual = np.zeros(len(state))
    for c in range(len(state)):
        if state[c] == 0:
            continue
        find_around(codes[c], codes, parents, first, table, around)
        n = 0
        for k in range(27):
            if around[k] >= 0 and state[around[k]] > 0:
                found[n] = plane[around[k], 1]
                n += 1
        usual[c] = np.median(found[:n])
    for c in range(len(state)):
        if state[c] == FLAT:
            plane[c, 1] = max(plane[c, 1], usual[c])
            if usual[c] > flat:
                state[c] = UNEVEN
    for c in range(len(state)):
        if state[c] != FLAT:
            continue
        find_around(codes[c], codes, parents, first, table, around)
        for k in range(27):
            other = around[k]
            if other >= 0 and state[other] != FLAT and usual[other] <= flat:
                state[other] = COVERED


@kernel
def hulls(
    xyz: FloatArray,
    order: Ints,
    codes: Any,
    starts: Ints,
    parents: Any,
    first: Ints,
    cells: Ints,
    center: FloatArray,
    axes: FloatArray,
    reach: FloatArray,
) -> FloatArray:
    """Return how far the points of each plane go: bounds along u, v, u + v and u - v.

    Args:
        xyz: (N, 3) points.
        order: (N,) their positions, sorted by code.
        codes: (K,) of the cells.
        starts: (K + 1,) where each begins in ``order``.
        parents: (P,) codes of the cells of twice the size.
        first: (P + 1,) where each begins in ``codes``.
        cells: (S,) the cell of each plane; its points and those of the 26 around it count.
        center: (S, 3) a place on each plane.
        axes: (S, 3, 3) normal, u and v of each.
        reach: (S,) how far off the plane a point of it may lie.

    Returns:
        (S, 4, 2) lower and upper bounds from the center.
    """
    bounds = np.zeros((len(cells), 4, 2))
    table, around = table_of(parents), np.empty(27, np.int64)
    for s in range(len(cells)):
        find_around(codes[cells[s]], codes, parents, first, table, around)
        for k in range(27):
            if around[k] < 0:
                continue
            for j in range(starts[around[k]], starts[around[k] + 1]):
                i = order[j]
                x = xyz[i, 0] - center[s, 0]
                y = xyz[i, 1] - center[s, 1]
                z = xyz[i, 2] - center[s, 2]
                a = axes[s]
                if abs(a[0, 0] * x + a[0, 1] * y + a[0, 2] * z) > reach[s]:
                    continue
                u = a[1, 0] * x + a[1, 1] * y + a[1, 2] * z
                v = a[2, 0] * x + a[2, 1] * y + a[2, 2] * z
                for b, t in enumerate((u, v, u + v, u - v)):
                    bounds[s, b, 0] = min(bounds[s, b, 0], t)
                    bounds[s, b, 1] = max(bounds[s, b, 1], t)
    return bounds
