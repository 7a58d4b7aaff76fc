"""Compiled conjugate gradients with coarser copies of the graph; import late (numba).

All classes are solved together, in float32 with float64 sums, one thread, fixed order: the same
input gives the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = [
    "LANES",
    "coarsen",
    "conjugate_gradients",
    "pair_up",
    "reached_within",
    "row_sums",
    "sum_by",
]

LANES = 8
"""Columns that are solved together: a number the compiler knows, so that it uses vectors."""


@kernel
def row_sums(indptr: Ints, weights: FloatArray) -> Any:
    """Return (M,) float32 sums of the weights of each node's edges."""
    out = np.zeros(len(indptr) - 1, dtype=np.float32)
    for m in range(len(out)):
        total = 0.0
        for e in range(indptr[m], indptr[m + 1]):
            total += weights[e]
        out[m] = total
    return out


@kernel
def sum_by(parent: Ints, count: int, values: FloatArray) -> Any:
    """Return (count,) float32 sums of values (M,) over nodes with the same parent."""
    out = np.zeros(count, dtype=np.float32)
    for m in range(len(parent)):
        out[parent[m]] += values[m]
    return out


@kernel
def pair_up(indptr: Ints, indices: Ints, weights: FloatArray) -> Any:
    """Join every node with the free neighbour it is tied to most; return parents and how many.

    A node without a free neighbour joins the pair of the one it is tied to most.
    """
    num = len(indptr) - 1
    parent = np.full(num, -1, dtype=np.int32)
    count = 0
    for m in range(num):
        if parent[m] >= 0:
            continue
        free, tied, most_free, most = -1, -1, 0.0, 0.0
        for e in range(indptr[m], indptr[m + 1]):
            n = indices[e]
            if weights[e] > most:
                tied, most = n, weights[e]
            if parent[n] < 0 and weights[e] > most_free:
                free, most_free = n, weights[e]
        if free < 0 and tied >= 0:
            parent[m] = parent[tied]
            continue
        parent[m] = count
        if free >= 0:
            parent[free] = count
        count += 1
    return parent, count


@kernel
def reached_within(indptr: Ints, indices: Ints, sources: Ints, edges: int) -> Any:
    """Return (M,) whether a node lies within so many edges of one of the sources."""
    out = np.zeros(len(indptr) - 1, dtype=np.bool_)
    queue = np.empty(len(out), dtype=np.int32)
    count = 0
    for m in sources:
        if not out[m]:
            out[m] = True
            queue[count] = m
            count += 1
    first = 0
    for _ in range(edges):
        last = count
        for k in range(first, last):
            m = queue[k]
            for e in range(indptr[m], indptr[m + 1]):
                n = indices[e]
                if not out[n]:
                    out[n] = True
                    queue[count] = n
                    count += 1
        first = last
    return out


@kernel
def _members(parent: Ints, count: int) -> Any:
    """Return (M,) nodes sorted by parent, and (count + 1,) where each parent's begin."""
    begins = np.zeros(count + 1, dtype=np.int64)
    for p in parent:
        begins[p + 1] += 1
    begins = np.cumsum(begins)
    place = begins[:-1].copy()
    nodes = np.zeros(len(parent), dtype=np.int32)
    for m in range(len(parent)):
        nodes[place[parent[m]]] = m
        place[parent[m]] += 1
    return nodes, begins


@kernel
def coarsen(indptr: Ints, indices: Ints, weights: FloatArray, parent: Ints, count: int) -> Any:
    """Return the graph of the parents: edges between two parents summed, inner ones dropped."""
    nodes, begins = _members(parent, count)
    coarse_ptr = np.zeros(count + 1, dtype=np.int32)
    coarse_indices = np.zeros(len(indices), dtype=np.int32)
    coarse_weights = np.zeros(len(indices), dtype=np.float32)
    slot = np.full(count, -1, dtype=np.int64)
    used = 0
    for p in range(count):
        first = used
        for q in range(begins[p], begins[p + 1]):
            m = nodes[q]
            for e in range(indptr[m], indptr[m + 1]):
                other = parent[indices[e]]
                if other == p:
                    continue
                if slot[other] < first:
                    slot[other] = used
                    coarse_indices[used] = other
                    used += 1
                coarse_weights[slot[other]] += weights[e]
        coarse_ptr[p + 1] = used
    return coarse_ptr, coarse_indices[:used].copy(), coarse_weights[:used].copy()


@kernel
def _apply(
    indptr: Ints,
    indices: Ints,
    weights: FloatArray,
    diagonal: FloatArray,
    p: FloatArray,
    out: FloatArray,
    dots: FloatArray,
) -> None:
    """Write out = (diagonal - W) p, and the column sums of p * out to dots."""
    dots[:] = 0.0
    columns = p.shape[1]
    row = np.zeros(columns, dtype=np.float32)
    for m in range(len(diagonal)):
        d = diagonal[m]
        for c in range(LANES):
            row[c] = d * p[m, c]
        for e in range(indptr[m], indptr[m + 1]):
            w = weights[e]
            n = indices[e]
            for c in range(LANES):
                row[c] -= w * p[n, c]
        for c in range(LANES):
            out[m, c] = row[c]
            dots[c] += np.float64(row[c]) * np.float64(p[m, c])


@kernel
def _precondition(
    parents: Ints, starts: Ints, inverse: FloatArray, r: FloatArray, z: FloatArray
) -> None:
    """Write to the first rows of z the sum of Jacobi steps on all levels (Bramble, Pasciak, Xu)."""
    levels = len(starts) - 1
    z[: starts[1]] = r
    z[starts[1] :] = 0.0
    for m in range(starts[levels - 1]):
        p = parents[m]
        for c in range(LANES):
            z[p, c] += z[m, c]
    for m in range(starts[levels - 1], starts[levels]):
        for c in range(LANES):
            z[m, c] *= inverse[m]
    for m in range(starts[levels - 1] - 1, -1, -1):
        p = parents[m]
        for c in range(LANES):
            z[m, c] = z[m, c] * inverse[m] + z[p, c]


@kernel
def _column_dots(a: FloatArray, b: FloatArray, dots: FloatArray) -> None:
    """Write column sums of a * b, over the rows of a, to dots."""
    dots[:] = 0.0
    for m in range(len(a)):
        for c in range(LANES):
            dots[c] += np.float64(a[m, c]) * np.float64(b[m, c])


@kernel
def conjugate_gradients(
    indptr: Ints,
    indices: Ints,
    weights: FloatArray,
    diagonal: FloatArray,
    b: FloatArray,
    felt: FloatArray,
    x: FloatArray,
    parents: Ints,
    starts: Ints,
    inverse: FloatArray,
    iterations: int,
    tolerance: float,
) -> int:
    """Solve (diagonal - W) x = b for all columns at once, in place, from the given x.

    `parents` and `inverse` hold all levels one after another, `starts` where each begins. Stops
    when the residual of every column is below `tolerance` times that of `felt`; returns the steps
    made.
    """
    columns = b.shape[1]
    q, p = np.zeros_like(b), np.zeros_like(b)
    z = np.zeros((len(inverse), columns), dtype=np.float32)
    dots, rho, fresh = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    goal, step = np.zeros(columns), np.zeros(columns, dtype=np.float32)
    _precondition(parents, starts, inverse, felt, z)
    _column_dots(felt, z, goal)
    _apply(indptr, indices, weights, diagonal, x, q, dots)
    r = b - q
    _precondition(parents, starts, inverse, r, z)
    _column_dots(r, z, rho)
    p[:] = z[: len(b)]
    for iteration in range(iterations):
        if (rho <= goal * tolerance**2).all():
            return iteration
        _apply(indptr, indices, weights, diagonal, p, q, dots)
        for c in range(LANES):
            step[c] = rho[c] / dots[c] if dots[c] > 0 else 0.0
        for m in range(len(b)):
            for c in range(LANES):
                x[m, c] += step[c] * p[m, c]
                r[m, c] -= step[c] * q[m, c]
        _precondition(parents, starts, inverse, r, z)
        _column_dots(r, z, fresh)
        for c in range(LANES):
            step[c] = fresh[c] / rho[c] if rho[c] > 0 else 0.0
            rho[c] = fresh[c]
        for m in range(len(b)):
            for c in range(LANES):
                p[m, c] = z[m, c] + step[c] * p[m, c]
    return iterations
