"""How far a painted pixel is to be believed: strokes run over borders at their rims.

Equations (2) and (3) of `assets/docs/fusion.md`. A pixel well inside its stroke is right; near the
rim it is as right as the rim is careful, unless nothing changes between it and the inside: then it
belongs to the same thing.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.evidence import FrameVotes
from o3d_paint.core.scene import Frame, PointCloud
from o3d_paint.fusion.photo_edges import EDGE_UNIT, EdgeMap, working_shape

__all__ = ["VoteWeights", "pixel_trust", "vote_trust"]

VoteWeights = npt.NDArray[np.uint8]
"""(K,) trust in votes, 255 for 1."""

# Pixels at the working size. People who paint quickly leave their region by 3 to 8; the share of
# wrong pixels falls from .26 at the rim to .01 at 8 to 12. Narrow strokes are believed from 0.9 of
# their half-width on, so that thin things keep their votes, but never sooner than 2 in: with 3 a
# line four pixels wide kept .62 of its points instead of .97, and no made scene gained by it.
_SAFE, _SAFE_LEAST, _SAFE_SHARE = 12.0, 2.0, 0.9
_POWER = 3
_CORE = 0.7
# An edge at which trust in what lies beyond falls to 1/e.
_BARRIER = 2.0
# Of a vote whose label the small mask does not show around it: finer than the working size.
_UNSEEN = 13


def pixel_trust(mask: IdArray, edges: EdgeMap | None) -> FloatArray:
    """Return how far each painted pixel is believed.

    Args:
        mask: (h, w) ids at the working size.
        edges: (h, w) of the photo; None where the photo is not known.

    Returns:
        (h, w) float32 in 0..1; 0 where nothing is painted.
    """
    from o3d_paint.fusion.kernels.strokes import barriers, rim_pixels

    depth_in = cv2.distanceTransform(rim_pixels(mask), cv2.DIST_L2, 5) + np.float32(1)
    painted = mask > 0
    half_width = np.zeros(mask.shape, dtype=np.float32)
    reach = np.ones((2 * int(_SAFE) + 1,) * 2, dtype=np.uint8)
    for class_id in np.unique(mask[painted]):
        own = mask == class_id
        around = cv2.dilate(np.where(own, depth_in, 0), reach)
        np.copyto(half_width, around, where=own)
    safe = np.clip(_SAFE_SHARE * half_width, _SAFE_LEAST, _SAFE)
    trust = np.where(painted, np.minimum(depth_in / safe, 1) ** _POWER, 0).astype(np.float32)
    if edges is None:
        return trust
    barrier = barriers(mask, edges, trust >= _CORE)
    strength = barrier.astype(np.float32) * np.float32(EDGE_UNIT / _BARRIER)
    beyond = np.where(barrier < 255, np.exp(-(strength**2)), 0)
    believed: FloatArray = np.where(painted, np.maximum(trust, beyond), 0).astype(np.float32)
    return believed


def vote_trust(
    cloud: PointCloud, frame: Frame, votes: FrameVotes, mask: IdArray, edges: EdgeMap | None
) -> VoteWeights:
    """Return how far the votes of a photo are believed, by the pixels that show their points.

    Args:
        cloud: The points.
        frame: The photo.
        votes: Of the photo.
        mask: (H, W) ids as painted.
        edges: Of the photo.

    Returns:
        (K,) uint8, 255 for 1.
    """
    from o3d_paint.fusion.kernels.strokes import vote_weights

    h, w = working_shape(*mask.shape)
    rows = ((2 * np.arange(h) + 1) * mask.shape[0]) // (2 * h)
    columns = ((2 * np.arange(w) + 1) * mask.shape[1]) // (2 * w)
    small = np.ascontiguousarray(mask[rows[:, None], columns])
    trust = pixel_trust(small, edges)
    camera = frame.camera.resized(w, h)
    lens = np.array([camera.fx, camera.fy, camera.cx + 0.5, camera.cy + 0.5])
    weights: VoteWeights = vote_weights(
        votes.points, votes.labels, cloud.xyz, frame.cam_from_world, lens, small, trust, _UNSEEN
    )
    return weights
