"""Which nodes are neighbours: the nearest ones, and bridges that join fragments to the rest."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray
from o3d_paint.core.cells import Keys

__all__ = ["connect"]

_BRIDGES = 3
_BRIDGE_SEARCH = 32
_WIDE_PIECES = 64


def connect(xyz: FloatArray, neighbors: int) -> tuple[IndexArray, IndexArray, BoolArray]:
    """Join every node with its nearest ones, then fragments with what is nearest to them.

    Returns:
        indptr (M + 1,), indices (E,) of a symmetric graph in one piece, and (E,) whether an edge
        only joins fragments.
    """
    from scipy.sparse import coo_array
    from scipy.spatial import cKDTree

    num = len(xyz)
    if num < 2:
        none = np.zeros(0, dtype=np.int32)
        return np.zeros(num + 1, dtype=np.int32), none, none.astype(bool)
    k = min(neighbors + 1, num)
    tree = cKDTree(xyz, balanced_tree=False, compact_nodes=False)
    around = tree.query(xyz, k=k, workers=-1)[1].reshape(num, k)
    rows, columns = np.repeat(np.arange(num), k), around.ravel()
    far_rows, far_columns = _bridges(xyz, rows, columns)
    near = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(num, num)).tocsr()
    near = near.maximum(near.T)
    near.setdiag(0)
    near.eliminate_zeros()
    far = coo_array((np.full(len(far_rows), 2, np.int8), (far_rows, far_columns)), shape=(num, num))
    both = near.maximum(far.tocsr().maximum(far.tocsr().T))
    both.sort_indices()
    return both.indptr.astype(np.int32), both.indices.astype(np.int32), both.data == 2


def _bridges(xyz: FloatArray, rows: Keys, columns: Keys) -> tuple[Keys, Keys]:
    """Return edges that join all fragments: each to its nearest others, until one piece is left."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    num = len(xyz)
    none = np.zeros(0, dtype=np.int64)
    found_rows, found_columns = [none], [none]
    while True:
        adjacency = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(num, num))
        pieces, piece_of = connected_components(adjacency, directed=False)
        if pieces <= 1:
            return np.concatenate(found_rows), np.concatenate(found_columns)
        small, target, distance = _nearest_elsewhere(xyz, piece_of)
        order = np.lexsort((distance, piece_of[small]))
        ordered = piece_of[small][order]
        rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
        chosen = order[rank < _BRIDGES]
        found_rows.append(small[chosen])
        found_columns.append(target[chosen])
        rows = np.concatenate([rows, small[chosen]])
        columns = np.concatenate([columns, target[chosen]])


def _nearest_elsewhere(xyz: FloatArray, piece_of: Keys) -> tuple[Keys, Keys, FloatArray]:
    """Return the nodes outside the largest piece, the nearest node of another piece, and how far.

    Pieces beyond the first few that are large themselves look at the largest piece only.
    """
    from scipy.spatial import cKDTree

    sizes = np.bincount(piece_of)
    largest = int(sizes.argmax())
    small, main = np.flatnonzero(piece_of != largest), np.flatnonzero(piece_of == largest)
    distance, nearest = cKDTree(xyz[main]).query(xyz[small], workers=-1)
    target = main[nearest]
    mine = piece_of[small]
    k = min(_BRIDGE_SEARCH, len(small))
    near, who = cKDTree(xyz[small]).query(xyz[small], k=k, workers=-1)
    near, who = near.reshape(len(small), k), who.reshape(len(small), k)
    near = np.where(mine[who] == mine[:, None], np.inf, near)
    first = near.argmin(axis=1)[:, None]
    near = np.take_along_axis(near, first, axis=1)[:, 0]
    who = np.take_along_axis(who, first, axis=1)[:, 0]
    wide = np.flatnonzero((sizes >= k) & (np.arange(len(sizes)) != largest))
    for piece in wide[np.argsort(-sizes[wide], kind="stable")][:_WIDE_PIECES]:
        own, others = np.flatnonzero(mine == piece), np.flatnonzero(mine != piece)
        if len(others):
            near[own], nearest = cKDTree(xyz[small[others]]).query(xyz[small[own]], workers=-1)
            who[own] = others[nearest]
    closer = near < distance
    return small, np.where(closer, small[who], target), np.where(closer, near, distance)
