"""Compiled loops that build the graph of a scene; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["edge_features", "node_moments", "ring_average"]


@kernel
def node_moments(
    xyz: FloatArray, rgb: Ints, center: FloatArray, order: Ints, starts: Ints
) -> tuple[FloatArray, FloatArray, Ints]:
    """Sum places, their products and colours over the points of each cell.

    Returns:
        (M, 10) count, x, y, z, xx, xy, xz, yy, yz, zz about `center`; (M, 3) sums of colours;
        (N,) the cell of every point.
    """
    num_nodes = len(starts) - 1
    moments = np.zeros((num_nodes, 10))
    colors = np.zeros((num_nodes, 3))
    node_of = np.zeros(len(order), dtype=np.int32)
    for m in range(num_nodes):
        for j in range(starts[m], starts[m + 1]):
            i = order[j]
            node_of[i] = m
            x, y, z = xyz[i, 0] - center[0], xyz[i, 1] - center[1], xyz[i, 2] - center[2]
            moments[m, 0] += 1.0
            moments[m, 1] += x
            moments[m, 2] += y
            moments[m, 3] += z
            moments[m, 4] += x * x
            moments[m, 5] += x * y
            moments[m, 6] += x * z
            moments[m, 7] += y * y
            moments[m, 8] += y * z
            moments[m, 9] += z * z
            for a in range(3):
                colors[m, a] += rgb[i, a]
    return moments, colors, node_of


@kernel
def ring_average(values: FloatArray, indptr: Ints, indices: Ints) -> Any:
    """Return the sum over each node and its neighbours: (M, K) -> (M, K)."""
    out = values.copy()
    for m in range(len(values)):
        for e in range(indptr[m], indptr[m + 1]):
            for a in range(values.shape[1]):
                out[m, a] += values[indices[e], a]
    return out


@kernel
def edge_features(
    indptr: Ints, indices: Ints, xyz: FloatArray, lab: FloatArray, normal: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return per edge the squared colour difference, 1 - |n.n'| and the squared distance."""
    color = np.zeros(len(indices), dtype=np.float32)
    crease = np.zeros(len(indices), dtype=np.float32)
    distance = np.zeros(len(indices), dtype=np.float32)
    for m in range(len(indptr) - 1):
        for e in range(indptr[m], indptr[m + 1]):
            n = indices[e]
            dot = 0.0
            for a in range(3):
                color[e] += (lab[m, a] - lab[n, a]) ** 2
                distance[e] += (xyz[m, a] - xyz[n, a]) ** 2
                dot += normal[m, a] * normal[n, a]
            crease[e] = 1.0 - min(abs(dot), 1.0)
    return color, crease, distance
