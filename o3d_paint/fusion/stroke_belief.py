"""How far a stroke is believed: as far as other photos agree with it where they are painted too.

Equation (5b) of `assets/docs/fusion.md`. A stroke in a wrong class is contradicted wherever another
photo is painted; where none is, nothing else would speak against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray, row_sums

__all__ = ["Strokes", "stroke_belief", "strokes_of"]

# Nodes well inside. A stroke of a few nodes is rim all over, where nodes hold points of both sides;
# without this a door of 8 cm that one photo paints and two leave out was lost.
_LEAST_INSIDE = 4
# Votes of others below this share of the own ones are rims that just touch.
_HEARD = 0.05
# In parts of the stroke: a stroke that others contradict on a tenth of itself is half believed.
# .02 to .1 are equal within .001 on the toy with wrong strokes.
_PRIOR = 0.1
# With 2 the toy with 5 % of its strokes in a wrong class has .978 right instead of .960, a higher
# power gains .001; where all paint is right, toy, street, room and flush scenes stay within .004.
_POWER = 2


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """The strokes of one photo, by node.

    Attributes:
        nodes: (T,) nodes that the photo votes on, ascending.
        most: (T,) the column of the class that it gives most at each.
        stroke: (T,) int32 the stroke that each belongs to.
        judged: (R,) whether other photos are heard about a stroke.
        own: (T,) float32 trusted votes for that class.
        total: (T,) float32 trusted votes for any.
    """

    nodes: IndexArray
    most: npt.NDArray[np.int32]
    stroke: IndexArray
    judged: BoolArray
    own: FloatArray
    total: FloatArray


def strokes_of(
    nodes: IndexArray, trusted: FloatArray, indptr: IndexArray, indices: IndexArray
) -> Strokes:
    """Find the strokes of a photo.

    Args:
        nodes: (T,) nodes that it votes on, ascending.
        trusted: (T, C) its trusted votes; C is 0 where it has none.
        indptr: (M + 1,) where each node's edges begin.
        indices: (E,) the other end of each edge.
    """
    from o3d_paint.fusion.kernels.stroke_parts import parts

    most = np.zeros(len(nodes), dtype=np.int32)
    if trusted.size:
        most = trusted.argmax(axis=1).astype(np.int32)
    stroke, inside = parts(nodes, most, indptr, indices)
    own = trusted[np.arange(len(nodes)), most]
    return Strokes(nodes, most, stroke, inside >= _LEAST_INSIDE, own, row_sums(trusted))


def stroke_belief(
    strokes: Strokes, columns: IndexArray, trusted: FloatArray, total: FloatArray
) -> FloatArray:
    """Return (T,) float32 in 0..1, how far a photo is believed at each of its nodes.

    Args:
        strokes: Of the photo.
        columns: (T,) the column of its class at each node, among those of all photos.
        trusted: (M, C) trusted votes of all photos.
        total: (M,) of them for any class.
    """
    from o3d_paint.fusion.kernels.stroke_parts import belief

    share = belief(
        strokes.nodes, columns, strokes.stroke, strokes.judged, strokes.own, strokes.total,
        trusted, total, _HEARD, _PRIOR,
    )  # fmt: skip
    believed: FloatArray = share ** np.float32(_POWER)
    return believed
