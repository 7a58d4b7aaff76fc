"""Compiled loops over the strokes of a photo, by node of the graph; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["belief", "parts"]


@kernel
def parts(nodes: Ints, columns: Ints, indptr: Ints, indices: Ints) -> Any:
    """Number the connected regions in which a photo gives one class.

    Args:
        nodes: (T,) nodes of the photo, ascending.
        columns: (T,) column of each node's class.
        indptr: (M + 1,) where each node's edges begin.
        indices: (E,) the other end of each edge.

    Returns:
        (T,) int32 the region of each node, in the order of their first nodes; of each region how
        many of its nodes have all their neighbours in it.
    """
    row_of = np.full(len(indptr) - 1, -1, dtype=np.int32)
    for t in range(len(nodes)):
        row_of[nodes[t]] = t
    out = np.full(len(nodes), -1, dtype=np.int32)
    queue = np.empty(len(nodes), dtype=np.int32)
    count = 0
    for first in range(len(nodes)):
        if out[first] >= 0:
            continue
        out[first] = count
        queue[0] = first
        begin, end = 0, 1
        while begin < end:
            t = queue[begin]
            begin += 1
            for e in range(indptr[nodes[t]], indptr[nodes[t] + 1]):
                other = row_of[indices[e]]
                if other >= 0 and out[other] < 0 and columns[other] == columns[t]:
                    out[other] = count
                    queue[end] = other
                    end += 1
        count += 1
    inside = np.zeros(count, dtype=np.int32)
    for t in range(len(nodes)):
        is_inner = True
        for e in range(indptr[nodes[t]], indptr[nodes[t] + 1]):
            other = row_of[indices[e]]
            is_inner &= other >= 0 and columns[other] == columns[t]
        inside[out[t]] += is_inner
    return out, inside


@kernel
def belief(
    nodes: Ints,
    columns: Ints,
    part_of: Ints,
    judged: BoolArray,
    own: FloatArray,
    own_total: FloatArray,
    trusted: FloatArray,
    total: FloatArray,
    heard: float,
    prior: float,
) -> Any:
    """Return (T,) float32 how far a photo is believed at each of its nodes.

    The share of the votes of other photos on the same region that agree, with ``prior`` of the
    region's own votes added to those; twice that, at most 1, where other photos vote themselves.

    Args:
        nodes: (T,) nodes of the photo.
        columns: (T,) column of its class at each, among all classes.
        part_of: (T,) region of each.
        judged: (R,) of each region whether others are heard about it; the rest is believed.
        own: (T,) its trusted votes for that class.
        own_total: (T,) its trusted votes for any.
        trusted: (M, C) trusted votes of all photos.
        total: (M,) of them for any class.
        heard: Share of the own votes from which on others count as voting.
        prior: As above.
    """
    agreed, denied, mass = np.zeros((3, len(judged)))
    for t in range(len(nodes)):
        mass[part_of[t]] += own[t]
        others = total[nodes[t]] - own_total[t]
        if others > heard * own[t]:
            same = max(trusted[nodes[t], columns[t]] - own[t], 0.0) / others
            agreed[part_of[t]] += own[t] * min(same, 1.0)
            denied[part_of[t]] += own[t] * (1.0 - min(same, 1.0))
    out = np.ones(len(nodes), dtype=np.float32)
    for t in range(len(nodes)):
        p = part_of[t]
        if denied[p] > 0 and judged[p]:
            known = agreed[p] + prior * mass[p]
            share = known / (known + denied[p])
            is_heard = total[nodes[t]] - own_total[t] > heard * own[t]
            out[t] = min(1.0, 2.0 * share) if is_heard else share
    return out
