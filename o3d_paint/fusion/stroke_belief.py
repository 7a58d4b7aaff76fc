"""How far a stroke is believed: as far as other photos agree with it where they are painted too.

Equation (5b) of `assets/docs/fusion.md`. A stroke in a wrong class is contradicted wherever another
photo is painted; where none is, nothing else would speak against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray, row_sums

__all__ = ["stroke_belief", "stroke_parts"]

StrokeVotes = tuple[IndexArray, IndexArray, IndexArray, int, BoolArray, FloatArray, FloatArray]
"""What `stroke_belief` needs of a photo."""

# Nodes well inside. A stroke of a few nodes is rim all over, where nodes hold points of both sides;
# without this a door of 8 cm that one photo paints and two leave out was lost.
_LEAST_INSIDE = 4
# Votes of others below this share of the own ones are rims that just touch.
_HEARD = 0.05
# In parts of the stroke: a stroke that others contradict on a tenth of itself is half believed.
# .02 to .1 are equal within .001 on the toy with wrong strokes.
_PRIOR = 0.1
# With 2 the toy with 5 % of its strokes in a wrong class has .979 right instead of .960, a higher
# power gains .001; where all paint is right, toy, street, room and flush scenes stay within .004.
_POWER = 2


def stroke_parts(
    nodes: IndexArray, columns: IndexArray, indptr: IndexArray, indices: IndexArray
) -> tuple[IndexArray, int, BoolArray]:
    """Return (T,) the stroke of each node of a photo, their number, and (T,) what is well inside.

    Args:
        nodes: (T,) nodes that the photo votes on, ascending.
        columns: (T,) the class that it gives most at each.
        indptr: (M + 1,) where each node's edges begin.
        indices: (E,) the other end of each edge.
    """
    from o3d_paint.fusion.kernels.stroke_parts import parts

    part_of, count, inner = parts(nodes, columns, indptr, indices)
    return part_of, int(count), inner


def stroke_belief(
    photos: Sequence[StrokeVotes],
    trusted: FloatArray,
) -> list[FloatArray]:
    """Return for each photo (T,) float32 in 0..1, how far it is believed at each of its nodes.

    Args:
        photos: Of each its nodes (T,), the column of the class that it gives most at each, the
            stroke of each, the number of strokes, what is well inside of them, and its trusted
            votes for that class and for any.
        trusted: (M, C) trusted votes of all photos.
    """
    from o3d_paint.fusion.kernels.stroke_parts import belief

    total = row_sums(trusted)
    return [
        np.asarray(
            belief(*photo, trusted, total, _LEAST_INSIDE, _HEARD, _PRIOR) ** np.float32(_POWER)
        )
        for photo in photos
    ]
