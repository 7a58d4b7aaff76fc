"""How likely a label is right, by what the walk, or the paint around it, says of it.

Section 4 of `assets/docs/fusion.md`. Curves, the lowest of which holds. Of the walk: by how near
the second class comes, and by how much of the walk ends at paint at all. Of votes: by how near
paint of another class is, and how far paint of its own.
"""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import FloatArray

__all__ = ["confidence_of", "confidence_of_vote"]

# Shares of points that were right at these doubts, averaged over two made scenes and a street, each
# with five photos painted by hands of different care. Reported on scenes that took no part.
_DOUBT = (0.0, 0.002, 0.007, 0.02, 0.045, 0.08, 0.125, 0.175, 0.25, 0.35, 0.45, 0.5)
_RIGHT = (0.999, 0.99, 0.982, 0.965, 0.945, 0.92, 0.89, 0.85, 0.78, 0.66, 0.54, 0.5)
# Where hardly any walk ends at paint, labels are right by luck: in a room with a bare wall .8 of
# them with five painted photos and none with one. Just below the usual setting, so they stay out.
_MASS = (0.0, 0.1, 0.5, 0.8, 0.95, 0.99)
_REACHED = (0.48, 0.48, 0.62, 0.76, 0.93, 1.0)

# Of votes, fitted likewise to a made scene and a street, with one to five painted photos. Between
# paint of two classes: by the distance to the own one in parts of both distances.
_BETWEEN = (0.0, 0.015, 0.05, 0.09, 0.14, 0.19, 0.25, 0.32, 0.4, 0.5, 1.0)
_OWN_NEARER = (0.995, 0.985, 0.945, 0.895, 0.82, 0.77, 0.7, 0.61, 0.52, 0.43, 0.4)
# By how many spacings away paint of another class is: strokes are wrong where they end.
_AWAY = (0.0, 2.0, 3.5, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0, 80.0)
_INSIDE = (0.58, 0.6, 0.68, 0.76, 0.845, 0.9, 0.935, 0.955, 0.97, 0.985, 0.998)
# By how many spacings away paint of the own class is. Beyond some 300 it says nothing: half of such
# labels are right in a room with five painted photos, none with one, so that most stay out.
_FAR = (64.0, 160.0, 320.0, 640.0)
_NEAR_PAINT = (1.0, 0.75, 0.45, 0.3)
# By the share of photos that say so.
_AGREED = (0.0, 0.5, 0.67, 1.0)
_TRUE = (0.2, 0.57, 0.93, 1.0)
# What is left of the doubt by how many more photos say so than not.
_MORE = (1.0, 2.0, 3.0)
_DOUBT_LEFT = (1.0, 0.35, 0.22)
# Spacings; stands for no such paint.
_ENDLESS = 1e9


def confidence_of(doubt: FloatArray, mass: FloatArray) -> FloatArray:
    """Return (K,) float32 how likely labels are right.

    Args:
        doubt: (K,) the second class's part of the first two: 0 none, 0.5 as much as the first.
        mass: (K,) probability that the walk ends at a seed.
    """
    known = np.minimum(np.interp(doubt, _DOUBT, _RIGHT), np.interp(mass, _MASS, _REACHED))
    confidence: FloatArray = known.astype(np.float32)
    return confidence


def confidence_of_vote(
    own: FloatArray, other: FloatArray, agreement: FloatArray, photos: FloatArray
) -> FloatArray:
    """Return (K,) float32 how likely labels are right that a vote of near paint gave.

    Args:
        own: (K,) spacings to the nearest paint of the label's class, 0 on it; may be infinite.
        other: (K,) spacings to the nearest paint of another class; may be infinite.
        agreement: (K,) share of the photos that painted a point which say this label; 1 for
            points that none painted.
        photos: (K,) how many painted it; 1 for points that none painted.
    """
    own, other = np.minimum(own, _ENDLESS), np.minimum(other, _ENDLESS**2)
    known = np.interp(own / np.maximum(own + other, 1 / _ENDLESS), _BETWEEN, _OWN_NEARER)
    known = np.minimum(known, np.interp(other, _AWAY, _INSIDE))
    known = np.minimum(known, np.interp(own, _FAR, _NEAR_PAINT))
    known = np.minimum(known, np.interp(agreement, _AGREED, _TRUE))
    left = np.interp(photos * (2 * agreement - 1), _MORE, _DOUBT_LEFT)
    confidence: FloatArray = (1 - (1 - known) * left).astype(np.float32)
    return confidence
