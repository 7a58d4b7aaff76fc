"""Compiled loops that measure the Voronoi cell of a point on its surface; import late (numba)."""

from __future__ import annotations

import math

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["FLAT", "cell_areas"]

DIRECTIONS = 36
SLAB = 0.35
"""Half the thickness of a sheet, in radii of the neighbourhood: neighbours farther off the plane
belong to another sheet. With 24 neighbours that is about one point spacing."""
FLAT = 0.15
"""Deviation off the plane by deviation along it, up to which a sheet is one: noise up to an
eighth of the radius."""
FLAT_AS_A_WHOLE = 0.5
"""The same for all neighbours together, those off the plane too: noise a quarter of the radius."""
CANDIDATES = 7
"""Pairs among so many nearest points, itself included, propose planes."""
REACH = 1.7
"""Farthest corner of a cell, in local spacings: of random points one cell in 9,000 reaches on."""
REACH_ASKANCE = 0.85
"""The same where no neighbour lies ahead, which is so beside borders of the surface."""
AHEAD = 0.5
"""Cosine of the angle up to which a neighbour lies ahead."""
ROUND = 0.05
"""Variance across by variance along, from which points are no line: 4.5 times as long as wide."""
BEYOND = 0.7
"""Further neighbours count from so many radii on; the nearest ones are known."""
LINE = 1.0
"""Added to the flatness of points in one line, which have no area."""
FAR_SLAB = 0.15
"""Half the thickness of the sheet, in distances, for neighbours beyond the nearest."""
GOLDEN = 0.6180339887


@kernel
def cell_areas(
    xyz: FloatArray, points: Ints, near: Ints, far: FloatArray, far_spacing: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, BoolArray]:
    """Measure the cells of some points.

    Args:
        xyz: (N, 3) points, no two in the same place.
        points: (M,) whose cells.
        near: (M, K) nearest points of each, itself included.
        far: (M, F, 3) further neighbours at growing distances; F may be 0.
        far_spacing: (M, F) local spacing there.

    Returns:
        (M,) areas, flatness (see `FLAT`), radius of the neighbourhood, local spacing, and whether
        the cell is open on some side.
    """
    count, k, f = len(points), near.shape[1], far.shape[1]
    area, flatness = np.zeros(count), np.zeros(count)
    radius, spacing = np.zeros(count), np.zeros(count)
    is_open = np.zeros(count, dtype=np.bool_)
    offset, further = np.zeros((k, 3)), np.zeros((1, 3))
    flat, spacings = np.zeros((k + f, 2)), np.zeros(k + f)
    for m in range(count):
        p = points[m]
        for i in range(k):
            for a in range(3):
                offset[i, a] = xyz[near[m, i], a] - xyz[p, a]
        radius[m], slab, center, axes, flatness[m] = _plane(offset)
        if flatness[m] >= LINE:
            continue
        normal = axes[:, 0].copy()
        used, farthest = 0, 0.0
        for i in range(k):
            if near[m, i] == p or abs(_off(offset, i, center, normal)) > slab:
                continue
            u, v = _along(offset, i, axes, 2), _along(offset, i, axes, 1)
            flat[used, 0], flat[used, 1] = u, v
            farthest = max(farthest, u * u + v * v)
            used += 1
        own = math.sqrt(farthest * math.pi / max(used, 1))
        spacings[:used] = own
        for i in range(f):
            for a in range(3):
                further[0, a] = far[m, i, a] - xyz[p, a]
            distance = _length(further[0, 0], further[0, 1], further[0, 2])
            limit = max(min(slab, SLAB * radius[m]), FAR_SLAB * distance)
            if distance > BEYOND * radius[m] and abs(_off(further, 0, center, normal)) <= limit:
                flat[used, 0], flat[used, 1] = (
                    _along(further, 0, axes, 2),
                    _along(further, 0, axes, 1),
                )
                spacings[used] = far_spacing[m, i]
                used += 1
        # Turned from point to point, so that no direction is favoured.
        first = (p * GOLDEN) % 1.0
        area[m], is_open[m] = _cell(flat, spacings, used, own, first)
        spacing[m] = own
    return area, flatness, radius, spacing, is_open


@kernel
def _cell(
    flat: FloatArray, spacing: FloatArray, used: int, own: float, first: float
) -> tuple[float, bool]:
    """Return the area of the cell about (0, 0), by rays to the first bisector."""
    area, is_open = 0.0, False
    for step in range(DIRECTIONS):
        angle = 2 * math.pi * (first + step) / DIRECTIONS
        x, y = math.cos(angle), math.sin(angle)
        limit, cosine, reach = math.inf, 0.0, own
        for i in range(used):
            along = flat[i, 0] * x + flat[i, 1] * y
            if along <= 0:
                continue
            squared = flat[i, 0] ** 2 + flat[i, 1] ** 2
            if squared / (2 * along) < limit:
                limit = squared / (2 * along)
                cosine, reach = along / math.sqrt(squared), max(own, spacing[i])
        if limit > REACH * reach:
            is_open = True
            continue
        if cosine < AHEAD and limit > REACH_ASKANCE * reach:
            is_open, limit = True, REACH_ASKANCE * own
        area += limit * limit
    return area * math.pi / DIRECTIONS, is_open


@kernel
def _off(offset: FloatArray, i: int, center: FloatArray, normal: FloatArray) -> float:
    """Return how far a neighbour lies off the plane, with sign."""
    return float(
        (offset[i, 0] - center[0]) * normal[0]
        + (offset[i, 1] - center[1]) * normal[1]
        + (offset[i, 2] - center[2]) * normal[2]
    )


@kernel
def _along(offset: FloatArray, i: int, axes: FloatArray, axis: int) -> float:
    """Return the coordinate of a neighbour along an axis of the plane."""
    return float(
        offset[i, 0] * axes[0, axis] + offset[i, 1] * axes[1, axis] + offset[i, 2] * axes[2, axis]
    )


@kernel
def _plane(offset: FloatArray) -> tuple[float, float, FloatArray, FloatArray, float]:
    """Return the plane of the neighbours (K, 3), given from the point.

    That of the sheet which the point lies in, where that is flat; else that of all neighbours.

    Returns:
        Radius, half the thickness of the sheet, its middle, axes as columns (the first is the
        normal), and flatness.
    """
    radius = 0.0
    for i in range(len(offset)):
        radius = max(radius, _length(offset[i, 0], offset[i, 1], offset[i, 2]))
    slab = SLAB * radius
    here: FloatArray = np.zeros(3)
    normal = _likely_normal(offset, slab / 2, radius)
    center, values, axes = _spread(offset, here, normal, slab)
    center, values, axes = _spread(offset, center, axes[:, 0].copy(), slab)
    flatness = math.sqrt(max(values[0], 0.0) / max(values[1], 1e-300))
    # Points in one line have no plane.
    if flatness < FLAT and values[1] > ROUND * values[2]:
        return radius, slab, center, axes, flatness
    center, values, axes = _spread(offset, center, axes[:, 0].copy(), math.inf)
    flatness = math.sqrt(max(values[0], 0.0) / max(values[1], 1e-300))
    if values[1] <= ROUND * values[2]:
        flatness += LINE
    elif flatness < FLAT_AS_A_WHOLE:
        flatness *= FLAT / FLAT_AS_A_WHOLE
    return radius, math.inf, center, axes, flatness


@kernel
def _likely_normal(offset: FloatArray, slab: float, radius: float) -> FloatArray:
    """Return the normal of the plane through the point that most neighbours lie close to."""
    best, normal, here = -1, np.zeros(3), np.zeros(3)
    candidate = np.zeros(3)
    last = min(CANDIDATES, len(offset))
    for a in range(1, last):
        for b in range(a + 1, last):
            x = offset[a, 1] * offset[b, 2] - offset[a, 2] * offset[b, 1]
            y = offset[a, 2] * offset[b, 0] - offset[a, 0] * offset[b, 2]
            z = offset[a, 0] * offset[b, 1] - offset[a, 1] * offset[b, 0]
            length = _length(x, y, z)
            if length <= 1e-12 * radius * radius:
                continue
            candidate[0], candidate[1], candidate[2] = x / length, y / length, z / length
            near = 0
            for i in range(len(offset)):
                near += abs(_off(offset, i, here, candidate)) <= slab
            if near > best:
                best = near
                normal[:] = candidate
    return normal


@kernel
def _spread(
    offset: FloatArray, center: FloatArray, normal: FloatArray, slab: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return middle, variances (ascending) and axes of the neighbours in a sheet."""
    count, mean, squares = 0, np.zeros(3), np.zeros((3, 3))
    for i in range(len(offset)):
        # The point itself comes first, and always belongs.
        if i and abs(_off(offset, i, center, normal)) > slab:
            continue
        count += 1
        for a in range(3):
            mean[a] += offset[i, a]
            for b in range(3):
                squares[a, b] += offset[i, a] * offset[i, b]
    for a in range(3):
        mean[a] /= count
    for a in range(3):
        for b in range(3):
            squares[a, b] = squares[a, b] / count - mean[a] * mean[b]
    values, axes = np.linalg.eigh(squares)
    return mean, values, axes


@kernel
def _length(x: float, y: float, z: float) -> float:
    """Return the length of a vector."""
    return math.sqrt(x * x + y * y + z * z)
