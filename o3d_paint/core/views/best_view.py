"""The photo that sees a spot best: near, frontal, well inside the picture, unhidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import FloatArray, frozen
from o3d_paint.core.scene import Frame
from o3d_paint.core.views.suggest import Sightings

__all__ = ["SpotView", "ViewFinder"]

_SEEN_NEIGHBORS = 8
_NORMAL_NEIGHBORS = 24
_LEAST_SEEN = 0.5
_GRAZING = 0.1


@dataclass(frozen=True, slots=True)
class SpotView:
    """How a photo shows a spot.

    Attributes:
        frame_idx: The photo.
        pixel: (u, v) of the spot in its mask.
        score: Higher is better; comparable between photos of one spot only.
    """

    frame_idx: int
    pixel: tuple[float, float]
    score: float


class ViewFinder:
    """Ranks the photos of a scene for any spot; built once, a query takes well under 10 ms.

    Whether a spot is hidden is known from the points around it, so that no depth map is touched.
    """

    def __init__(self, frames: Sequence[Frame], xyz: FloatArray, *, sightings: Sightings) -> None:
        """Index the sample of the cloud.

        Args:
            frames: All photos.
            xyz: (N, 3) world points of the cloud.
            sightings: What the photos show of its sample.
        """
        self._points = np.ascontiguousarray(xyz[sightings.sample])
        self._tree = cKDTree(self._points, balanced_tree=False, compact_nodes=False)
        self._seen = sightings.seen
        sizes = [frame.mask_shape for frame in frames]
        cameras = [frame.camera.resized(w, h) for frame, (h, w) in zip(frames, sizes, strict=True)]
        self._focal = np.array([(c.fx, c.fy) for c in cameras]).reshape(-1, 2)
        self._center = np.array([(c.cx, c.cy) for c in cameras]).reshape(-1, 2)
        self._size = np.array([(c.width, c.height) for c in cameras], dtype=float).reshape(-1, 2)
        self._cam_from_world = np.array([f.cam_from_world for f in frames]).reshape(-1, 4, 4)
        self._position = np.array([f.position for f in frames]).reshape(-1, 3)

    def ranked(self, spot: FloatArray) -> tuple[SpotView, ...]:
        """Return all photos that show a spot (3,), best first."""
        if not len(self._points) or not len(self._position):
            return ()
        shown = self._share_seen(spot)
        at_cam = self._cam_from_world[:, :3, :3] @ spot + self._cam_from_world[:, :3, 3]
        depth = at_cam[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            pixel = self._focal * at_cam[:, :2] / depth[:, None] + self._center
            # 0 in the middle of the picture, 1 at its border.
            offside = np.abs((pixel + 0.5) / self._size * 2 - 1).max(axis=1)
            detail = np.abs(self._focal).min(axis=1) / self._size.max(axis=1) / depth
        visible = (depth > 0) & (offside < 1) & (shown >= _LEAST_SEEN)
        score = detail * self._frontal(spot) * np.cos(offside * np.pi / 2) * shown
        order = np.flatnonzero(visible)
        order = order[np.argsort(-score[order], kind="stable")]
        return tuple(
            SpotView(int(i), (float(pixel[i, 0]), float(pixel[i, 1])), float(score[i]))
            for i in order
        )

    def best(self, spot: FloatArray) -> SpotView | None:
        """Return the photo that shows a spot (3,) best; None where none does."""
        return next(iter(self.ranked(spot)), None)

    def _share_seen(self, spot: FloatArray) -> FloatArray:
        """Return (F,) which share of the points around a spot each photo shows."""
        near = self._neighbors(spot, _SEEN_NEIGHBORS)
        return np.asarray(self._seen[:, near].mean(axis=1))

    def _frontal(self, spot: FloatArray) -> FloatArray:
        """Return (F,) the cosine between the surface's normal and the line of sight."""
        around = self._points[self._neighbors(spot, _NORMAL_NEIGHBORS)]
        _, _, axes = np.linalg.svd(around - around.mean(axis=0), full_matrices=True)
        sight = self._position - spot
        distance = np.maximum(np.linalg.norm(sight, axis=1), 1e-12)
        return np.asarray(np.maximum(np.abs(sight @ axes[2]) / distance, _GRAZING))

    def _neighbors(self, spot: FloatArray, count: int) -> FloatArray:
        _, near = self._tree.query(spot, k=min(count, len(self._points)))
        return frozen(np.atleast_1d(near))
