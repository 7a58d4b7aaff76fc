"""Compiled loops that build the graph of a scene; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["edge_features", "grid_keys", "node_sums", "ring_average"]


_STEPS = 65536.0
"""Parts of a voxel in which places are counted: sums of their squares stay whole numbers."""


@kernel
def grid_keys(xyz: FloatArray, size: float, first: Ints, shape: Ints) -> Ints:
    """Return (N,) numbers of the cells floor(xyz / size), counted from ``first``."""
    keys = np.zeros(len(xyz), dtype=np.int64)
    for i in range(len(xyz)):
        key = np.int64(0)
        for a in range(3):
            key = key * shape[a] + np.int64(np.floor(xyz[i, a] / size)) - first[a]
        keys[i] = key
    return keys


@kernel
def node_sums(
    xyz: FloatArray, rgb: Ints, center: FloatArray, size: float, order: Ints, starts: Ints
) -> tuple[Ints, FloatArray, FloatArray, Ints]:
    """Average places, their products and colours over the points of each cell.

    Summed as whole numbers, so that the order of the points does not matter.

    Returns:
        (M,) int64 points; (M, 10) means of 1, x, y, z, xx, xy, xz, yy, yz, zz about `center`;
        (M, 3) sums of colours; (N,) the cell of every point.
    """
    num_nodes = len(starts) - 1
    count = np.zeros(num_nodes, dtype=np.int64)
    moments = np.zeros((num_nodes, 10))
    colors = np.zeros((num_nodes, 3))
    node_of = np.zeros(len(order), dtype=np.int32)
    place, first, summed = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64)
    squares, corner = np.zeros((3, 3), np.int64), np.zeros(3)
    for m in range(num_nodes):
        n = starts[m + 1] - starts[m]
        summed[:] = 0
        squares[:] = 0
        for a in range(3):
            first[a] = np.int64(np.floor(xyz[order[starts[m]], a] / size))
        for j in range(starts[m], starts[m + 1]):
            i = order[j]
            node_of[i] = m
            for a in range(3):
                place[a] = np.int64(np.round((xyz[i, a] / size - first[a]) * _STEPS))
                colors[m, a] += rgb[i, a]
            for a in range(3):
                summed[a] += place[a]
                for b in range(a, 3):
                    squares[a, b] += place[a] * place[b]
        step = size / _STEPS
        count[m] = n
        moments[m, 0] = 1.0
        k = 4
        for a in range(3):
            corner[a] = first[a] * size - center[a]
            moments[m, 1 + a] = corner[a] + step * summed[a] / n
        for a in range(3):
            for b in range(a, 3):
                mean_a, mean_b = step * summed[a] / n, step * summed[b] / n
                product = step * step * squares[a, b] / n
                moments[m, k] = corner[a] * corner[b] + corner[a] * mean_b + corner[b] * mean_a
                moments[m, k] += product
                k += 1
    return count, moments, colors, node_of


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
    indptr: Ints, indices: Ints, lab: FloatArray, normal: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return per edge the absolute differences of colour (E, 3) and 1 - |n.n'| (E,)."""
    change = np.zeros((len(indices), 3), dtype=np.float32)
    crease = np.zeros(len(indices), dtype=np.float32)
    for m in range(len(indptr) - 1):
        for e in range(indptr[m], indptr[m + 1]):
            n = indices[e]
            dot = 0.0
            for a in range(3):
                change[e, a] = abs(lab[m, a] - lab[n, a])
                dot += normal[m, a] * normal[n, a]
            crease[e] = 1.0 - min(abs(dot), 1.0)
    return change, crease
