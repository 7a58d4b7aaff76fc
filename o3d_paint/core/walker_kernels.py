"""Compiled loops between points and nodes; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.jit import Ints, kernel

__all__ = ["add_votes", "best_two", "blend_points", "contested"]


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
    doubt: FloatArray,
) -> None:
    """Blend the class shares of each point's node and its neighbours by place and colour.

    Points (K, 3) relative to the graph's centre, their colours and nodes; writes the winning
    column and the second's part of both shares (K,).
    """
    blend = np.zeros(share.shape[1])
    for i in range(len(nodes)):
        m = nodes[i]
        blend[:] = 0.0
        for e in range(indptr[m] - 1, indptr[m + 1]):
            n = m if e < indptr[m] else indices[e]
            far, hue = 0.0, 0.0
            for a in range(3):
                far += (xyz[i, a] - node_xyz[n, a]) ** 2
                hue += (lab[i, a] - node_lab[n, a]) ** 2
            weight = np.exp(-far / distance_scale - hue / color_scale)
            if n == m:
                weight += 0.01
            for c in range(len(blend)):
                blend[c] += weight * share[n, c]
        winner[i], doubt[i] = _best_two(blend)


@kernel
def _best_two(shares: FloatArray) -> Any:
    """Return the largest share's column, the lowest of equals, and the second's part of both."""
    best, second = 0, -1
    for c in range(1, len(shares)):
        if shares[c] > shares[best]:
            best, second = c, best
        elif second < 0 or shares[c] > shares[second]:
            second = c
    if second < 0 or shares[best] <= 0:
        return best, 0.0
    return best, shares[second] / (shares[best] + shares[second])


@kernel
def best_two(shares: FloatArray, winner: Ints, doubt: FloatArray) -> None:
    """Write each row's best column and how near the second comes: 0 not at all, 0.5 level."""
    for m in range(len(shares)):
        winner[m], doubt[m] = _best_two(shares[m])
