"""Compiled loops between points and nodes; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["best_two", "blend_points", "contested", "votes_by_node"]


@kernel
def votes_by_node(
    points: Ints,
    labels: Ints,
    node_of: Ints,
    column_of: Ints,
    indptr: Ints,
    indices: Ints,
    power: int,
    scratch: FloatArray,
) -> Any:
    """Return (T,) nodes that one photo votes on, and (T, C) float32 how much for each class.

    A vote counts as the share of its class among the votes of the same photo around it, within
    two edges, to a power; nodes without votes count as none of the class. `scratch` (3, M, C) is
    zero before and after.
    """
    own, near, far = scratch[0], scratch[1], scratch[2]
    num_columns = own.shape[1]
    total = np.zeros(len(own), dtype=np.float32)
    touched = np.empty(len(points), dtype=np.int64)
    num_touched = 0
    for i in range(len(points)):
        m = node_of[points[i]]
        if total[m] == 0:
            touched[num_touched] = m
            num_touched += 1
        total[m] += np.float32(1.0)
        own[m, column_of[labels[i]]] += np.float32(1.0)
    touched = touched[:num_touched]
    for m in touched:
        for c in range(num_columns):
            near[m, c] = own[m, c] / total[m]
        total[m] = np.float32(0.0)
    _average(touched, indptr, indices, near, far)
    for m in touched:
        near[m] = np.float32(0.0)
    _average(touched, indptr, indices, far, near)
    counts = np.zeros((num_touched, num_columns), dtype=np.float32)
    for i in range(num_touched):
        m = touched[i]
        for c in range(num_columns):
            if own[m, c] > 0:
                counts[i, c] = own[m, c] * near[m, c] ** power
    for m in touched:
        own[m], near[m], far[m] = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    return touched, counts


@kernel
def _average(nodes: Ints, indptr: Ints, indices: Ints, values: FloatArray, out: FloatArray) -> None:
    """Write the mean over each of some nodes and its neighbours of values (M, C)."""
    for m in nodes:
        for c in range(values.shape[1]):
            out[m, c] = values[m, c]
        for e in range(indptr[m], indptr[m + 1]):
            for c in range(values.shape[1]):
                out[m, c] += values[indices[e], c]
        for c in range(values.shape[1]):
            out[m, c] /= np.float32(indptr[m + 1] - indptr[m] + 1)


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
