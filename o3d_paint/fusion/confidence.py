"""How likely a label is right, by what the walk says of it.

Section 4 of `assets/docs/fusion.md`. Two curves, the lower of which holds: by how near the second
class comes, and by how much of the walk ends at paint at all.
"""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import FloatArray

__all__ = ["confidence_of"]

# Shares of points that were right at these doubts, averaged over two made scenes and a street, each
# with five photos painted by hands of different care. Reported on scenes that took no part.
_DOUBT = (0.0, 0.002, 0.007, 0.02, 0.045, 0.08, 0.125, 0.175, 0.25, 0.35, 0.45, 0.5)
_RIGHT = (0.999, 0.99, 0.982, 0.965, 0.945, 0.92, 0.89, 0.85, 0.78, 0.66, 0.54, 0.5)
# Where hardly any walk ends at paint, labels are right by luck: in a room with a bare wall .8 of
# them with five painted photos and none with one. Just below the usual setting, so they stay out.
_MASS = (0.0, 0.1, 0.5, 0.8, 0.95, 0.99)
_REACHED = (0.48, 0.48, 0.62, 0.76, 0.93, 1.0)


def confidence_of(doubt: FloatArray, mass: FloatArray) -> FloatArray:
    """Return (K,) float32 how likely labels are right.

    Args:
        doubt: (K,) the second class's part of the first two: 0 none, 0.5 as much as the first.
        mass: (K,) probability that the walk ends at a seed.
    """
    known = np.minimum(np.interp(doubt, _DOUBT, _RIGHT), np.interp(mass, _MASS, _REACHED))
    confidence: FloatArray = known.astype(np.float32)
    return confidence
