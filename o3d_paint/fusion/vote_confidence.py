"""How sure labels of a vote are: by how near paint of their class is, and of any other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.cells import Keys, Lattice, run_starts
from o3d_paint.core.geometry import estimate_spacing
from o3d_paint.fusion.confidence import confidence_of_vote

__all__ = ["paint_distances", "vote_confidence"]

# Points of one class in a cell of so many spacings count as one, at their middle, where distances
# to other classes are asked for: a fifth of the queries, an error far below what is told apart.
_CELL_SPACINGS = 4.0


def vote_confidence(
    xyz: FloatArray,
    labels: IdArray,
    painted: IdArray,
    agreement: FloatArray,
    photos: npt.NDArray[np.uint8],
) -> FloatArray:
    """Return (N,) float32 how likely labels are right; 0 where there is none.

    Args:
        xyz: (N, 3) points.
        labels: (N,) classes of the points, 0 where none.
        painted: (N,) painted classes, 0 where none.
        agreement: (N,) share of the photos that painted a point which say its class.
        photos: (N,) how many painted it.
    """
    own, other = paint_distances(xyz, painted, labels, spacing=estimate_spacing(xyz))
    is_painted = painted > 0
    confidence = confidence_of_vote(
        own, other, np.where(is_painted, agreement, 1), np.where(is_painted, photos, 1)
    )
    confidence[labels == 0] = 0
    return confidence


def paint_distances(
    xyz: FloatArray, painted: IdArray, labels: IdArray, *, spacing: float
) -> tuple[FloatArray, FloatArray]:
    """Return (N,) distances to the nearest paint of the own class, and of another; in spacings.

    Infinite where there is none, or no label.

    Args:
        xyz: (N, 3) points.
        painted: (N,) painted classes, 0 where none.
        labels: (N,) classes of the points, 0 where none.
        spacing: Of the points, in scene units.
    """
    own = np.full(len(xyz), np.inf)
    other = np.full(len(xyz), np.inf)
    # Painted points with their own label need no search.
    own[(painted > 0) & (painted == labels)] = 0
    size = _CELL_SPACINGS * spacing
    where_painted = np.flatnonzero(painted)
    spots, spot_class, _ = _spots(xyz, painted, where_painted, size)
    asked, asked_class, asked_of = _spots(xyz, labels, np.flatnonzero(labels), size)
    to_other = np.full(len(asked), np.inf)
    for class_id in np.unique(asked_class):
        others = spots[spot_class != class_id]
        mine = asked_class == class_id
        if len(others):
            to_other[mine] = _tree(others).query(asked[mine], workers=-1)[0]
        paint = where_painted[painted[where_painted] == class_id]
        unpainted = np.flatnonzero((labels == class_id) & (own > 0))
        if len(paint) and len(unpainted):
            own[unpainted] = _tree(xyz[paint]).query(xyz[unpainted], workers=-1)[0]
    other[labels > 0] = to_other[asked_of]
    return own / spacing, other / spacing


def _tree(xyz: FloatArray) -> cKDTree:
    return cKDTree(xyz, balanced_tree=False, compact_nodes=False)


def _spots(
    xyz: FloatArray, classes: IdArray, points: Keys, size: float
) -> tuple[FloatArray, IdArray, Keys]:
    """Return middles (S, 3) and classes (S,) of points by cell and class, and the spot of each."""
    if not len(points):
        return np.zeros((0, 3)), np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.int64)
    keys = Lattice.around(xyz, size, pad=0).keys(xyz[points])
    order = np.lexsort((classes[points], keys))
    starts = run_starts(keys[order], classes[points][order])
    count = np.diff(starts)
    middles = np.add.reduceat(xyz[points[order]], starts[:-1], axis=0) / count[:, None]
    spot_of = np.empty(len(points), dtype=np.int64)
    spot_of[order] = np.repeat(np.arange(len(count)), count)
    return middles, classes[points[order[starts[:-1]]]], spot_of
