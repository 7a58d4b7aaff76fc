"""Compiled conjugate gradients for the random walker; import late (numba)."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.jit import Ints, kernel

__all__ = ["add_votes", "blend_points", "conjugate_gradients", "contested", "row_sums"]


@kernel
def row_sums(indptr: Ints, weights: FloatArray) -> FloatArray:
    """Return the sum of the weights of each node's edges."""
    out = np.zeros(len(indptr) - 1, dtype=np.float32)
    for m in range(len(out)):
        total = 0.0
        for e in range(indptr[m], indptr[m + 1]):
            total += weights[e]
        out[m] = total
    return out


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
    """Write out = (diagonal - W) p and dots = column sums of p * out."""
    dots[:] = 0.0
    columns = p.shape[1]
    acc = np.zeros(columns, dtype=np.float32)
    for m in range(len(diagonal)):
        d = diagonal[m]
        for c in range(columns):
            acc[c] = d * p[m, c]
        for e in range(indptr[m], indptr[m + 1]):
            w = weights[e]
            n = indices[e]
            for c in range(columns):
                acc[c] -= w * p[n, c]
        for c in range(columns):
            out[m, c] = acc[c]
            dots[c] += np.float64(acc[c]) * np.float64(p[m, c])


@kernel
def conjugate_gradients(
    indptr: Ints,
    indices: Ints,
    weights: FloatArray,
    diagonal: FloatArray,
    b: FloatArray,
    x: FloatArray,
    iterations: int,
    tolerance: float,
) -> int:
    """Solve (diagonal - W) x = b for all columns at once, in place, from the given x.

    Jacobi preconditioning; each column has its own step. Stops when the preconditioned residual
    of every column has fallen below `tolerance` times that of b; returns the iterations made.
    """
    rows, columns = b.shape
    r, p, q = np.zeros_like(b), np.zeros_like(b), np.zeros_like(b)
    dots, rho, fresh = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    goal, alpha = np.zeros(columns), np.zeros(columns, dtype=np.float32)
    beta = np.zeros(columns, dtype=np.float32)
    _apply(indptr, indices, weights, diagonal, x, q, dots)
    for m in range(rows):
        inverse = np.float32(1.0) / diagonal[m]
        for c in range(columns):
            r[m, c] = b[m, c] - q[m, c]
            p[m, c] = r[m, c] * inverse
            rho[c] += np.float64(r[m, c]) * np.float64(p[m, c])
            goal[c] += np.float64(b[m, c]) * np.float64(b[m, c] * inverse)
    for iteration in range(iterations):
        if (rho <= goal * tolerance**2).all():
            return iteration
        _apply(indptr, indices, weights, diagonal, p, q, dots)
        for c in range(columns):
            alpha[c] = rho[c] / dots[c] if dots[c] > 0 else 0.0
            fresh[c] = 0.0
        for m in range(rows):
            inverse = np.float32(1.0) / diagonal[m]
            for c in range(columns):
                x[m, c] += alpha[c] * p[m, c]
                r[m, c] -= alpha[c] * q[m, c]
                fresh[c] += np.float64(r[m, c]) * np.float64(r[m, c] * inverse)
        for c in range(columns):
            beta[c] = fresh[c] / rho[c] if rho[c] > 0 else 0.0
            rho[c] = fresh[c]
        for m in range(rows):
            inverse = np.float32(1.0) / diagonal[m]
            for c in range(columns):
                p[m, c] = r[m, c] * inverse + beta[c] * p[m, c]
    return iterations


@kernel
def add_votes(
    points: Ints, labels: Ints, node_of: Ints, column_of: Ints, counts: FloatArray, photos: Ints
) -> None:
    """Add the votes of one photo to the counts by node (M, C), and one to each point's photos."""
    for i in range(len(points)):
        point = points[i]
        counts[node_of[point], column_of[labels[i]]] += np.float32(1.0)
        if photos[point] < 255:
            photos[point] += 1


@kernel
def contested(indptr: Ints, indices: Ints, winner: Ints) -> Ints:
    """Return (M,) whether a neighbour of a node has another winner."""
    out = np.zeros(len(winner), dtype=np.bool_)
    for m in range(len(winner)):
        for e in range(indptr[m], indptr[m + 1]):
            if winner[indices[e]] != winner[m]:
                out[m] = True
    return out


@kernel
def blend_points(
    xyz: FloatArray,
    lab: FloatArray,
    nodes: Ints,
    indptr: Ints,
    indices: Ints,
    node_xyz: FloatArray,
    node_lab: FloatArray,
    share: FloatArray,
    distance_scale: float,
    color_scale: float,
    winner: Ints,
    certainty: FloatArray,
) -> None:
    """Blend the class shares of each point's node and its neighbours by place and colour.

    Points (K, 3) relative to the graph's centre, their colours and nodes; writes the winning
    column and its share (K,).
    """
    blend = np.zeros(share.shape[1])
    for i in range(len(nodes)):
        m = nodes[i]
        blend[:] = 0.0
        total = 0.0
        for e in range(indptr[m] - 1, indptr[m + 1]):
            n = m if e < indptr[m] else indices[e]
            far, hue = 0.0, 0.0
            for a in range(3):
                far += (xyz[i, a] - node_xyz[n, a]) ** 2
                hue += (lab[i, a] - node_lab[n, a]) ** 2
            weight = np.exp(-far / distance_scale - hue / color_scale)
            if n == m:
                weight += 0.01
            total += weight
            for c in range(len(blend)):
                blend[c] += weight * share[n, c]
        best = 0
        for c in range(1, len(blend)):
            if blend[c] > blend[best]:
                best = c
        winner[i] = best
        certainty[i] = blend[best] / total
