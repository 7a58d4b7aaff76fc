"""Compiled loops between points and nodes; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["add_own_votes", "best_two", "blend_points", "contested", "node_votes"]


@kernel
def node_votes(
    points: Ints, columns: Ints, trust: Ints, node_of: Ints, num_nodes: int, num_columns: int
) -> Any:
    """Gather the votes of one photo by node.

    Args:
        points: (K,) points that it votes on.
        columns: (K,) column of each vote's class.
        trust: (K,) uint8 trust in each vote, 255 for 1.
        node_of: (N,) node of every point.
        num_nodes: M.
        num_columns: C.

    Returns:
        (T,) nodes that have votes, ascending; (T,) float32 how many; (T, C) float32 trusted votes.
        Summed as whole numbers: the order of the votes does not matter.
    """
    place = np.full(num_nodes, -1, dtype=np.int32)
    for i in range(len(points)):
        place[node_of[points[i]]] = 0
    count = 0
    for m in range(num_nodes):
        if place[m] == 0:
            place[m] = count
            count += 1
    nodes = np.empty(count, dtype=np.int32)
    for m in range(num_nodes):
        if place[m] >= 0:
            nodes[place[m]] = m
    votes = np.zeros(count, dtype=np.int64)
    trusted = np.zeros((count, num_columns), dtype=np.int64)
    for i in range(len(points)):
        t = place[node_of[points[i]]]
        votes[t] += 1
        trusted[t, columns[i]] += trust[i]
    return nodes, votes.astype(np.float32), (trusted / 255.0).astype(np.float32)


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
def add_own_votes(rows: Ints, columns: Ints, trust: Ints, first: int, own: Ints) -> None:
    """Add the trusted votes of one photo to those of some points.

    Args:
        rows: (K,) row of each vote's point, counted from ``first``.
        columns: (K,) column of its class.
        trust: (K,) uint8 trust in it, 255 for 1.
        first: Row at which ``own`` begins.
        own: (R, C) uint16 written: trusted votes, 255 for 1, no more than 65535.
    """
    for i in range(len(rows)):
        total = np.int64(own[rows[i] - first, columns[i]]) + trust[i]
        own[rows[i] - first, columns[i]] = min(total, 65535)


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
    own: Ints,
    distance_scale: float,
    color_scale: float,
    winner: Ints,
    doubt: FloatArray,
) -> None:
    """Blend the class shares of each point's node and its neighbours, and its own votes.

    Points (K, 3) relative to the graph's centre, their colours, nodes and own trusted votes (K, C),
    255 for 1; writes the winning column and the second's part of both shares (K,).
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
        votes = 0.0
        for c in range(len(blend)):
            votes += own[i, c]
        for c in range(len(blend)):
            blend[c] /= total
            if votes > 0:
                blend[c] += own[i, c] / 255.0 * (own[i, c] / votes)
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
