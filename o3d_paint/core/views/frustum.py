"""Cameras as pyramids: their lines, and which one lies under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import transform
from o3d_paint.core.scene import Frame

__all__ = ["FRUSTUM_LINES", "default_size", "frustum_corners", "pick_frustum", "screen_points"]

FRUSTUM_LINES = np.array(
    [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1), (1, 5), (5, 2)],
    dtype=np.int32,
)
"""Pairs of corners: four edges from the camera, the image's border, a roof over its upper edge."""
_NEAR = 1e-4
_ROOF = 0.25


def frustum_corners(frame: Frame, size: float) -> FloatArray:
    """Return (6, 3) world points: camera, image corners clockwise from upper left, roof tip.

    Args:
        frame: The photo.
        size: Length of the image's diagonal in scene units.
    """
    camera = frame.camera
    w, h = camera.width - 0.5, camera.height - 0.5
    uv = np.array([(-0.5, -0.5), (w, -0.5), (w, h), (-0.5, h)])
    corners = camera.unproject(uv, np.ones(4))
    corners *= size / np.linalg.norm(corners[2] - corners[0])
    tip = (corners[0] + corners[1]) / 2 + _ROOF * (corners[0] - corners[3])
    points_cam = np.concatenate([np.zeros((1, 3)), corners, tip[None]])
    return transform(frame.world_from_cam, points_cam)


def default_size(positions: FloatArray, diagonal: float) -> float:
    """Return a length of the image's diagonal that suits a scene.

    Args:
        positions: (F, 3) camera centres.
        diagonal: Of the scene, without stray points, in scene units.
    """
    size = 0.15 * diagonal
    if len(positions) > 1:
        gaps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
        typical = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else size
        # Dense trajectories get small pyramids, but never so small that they cannot be hit.
        size = float(np.clip(1.2 * typical, 0.03 * diagonal, size))
    return size


def screen_points(
    points: FloatArray, screen_from_world: FloatArray, size: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Project world points to the 3D view.

    Args:
        points: (..., 3).
        screen_from_world: (4, 4) projection times view, OpenGL's clip space.
        size: (width, height) of the view in device pixels.

    Returns:
        (..., 2) pixels, y down, and (...) the distance along the line of sight; points behind
        the eye have a distance <= 0 and meaningless pixels.
    """
    clip = points @ screen_from_world[:, :3].T + screen_from_world[:, 3]
    depth = clip[..., 3]
    safe = np.where(depth > _NEAR, depth, 1.0)
    x = (clip[..., 0] / safe + 1) / 2 * size[0]
    y = (1 - clip[..., 1] / safe) / 2 * size[1]
    return np.stack([x, y], axis=-1), depth


def pick_frustum(
    cursor: tuple[float, float],
    corners: FloatArray,
    *,
    screen_from_world: FloatArray,
    size: tuple[int, int],
    tolerance: float,
    candidates: Sequence[int] | npt.NDArray[np.integer] | None = None,
) -> int | None:
    """Return the camera under the cursor: the nearest line within reach, else the inside.

    Args:
        cursor: (x, y) in the view, device pixels.
        corners: (F, 6, 3) from `frustum_corners`.
        screen_from_world: (4, 4) projection times view.
        size: (width, height) of the view.
        tolerance: Reach of a line in device pixels.
        candidates: Which cameras count; None for all.
    """
    chosen = np.arange(len(corners)) if candidates is None else np.asarray(candidates)
    if not len(chosen):
        return None
    points, depth = screen_points(corners[chosen], screen_from_world, size)
    ahead = (depth > _NEAR).all(axis=1)
    chosen, points, depth = chosen[ahead], points[ahead], depth[ahead]
    if not len(chosen):
        return None
    distance = _distance_to_lines(np.asarray(cursor, dtype=np.float64), points)
    reached = np.flatnonzero(distance <= tolerance)
    if len(reached):
        # Two pixels do not decide between a near and a far camera; the depth does.
        near = reached[distance[reached] <= distance[reached].min() + 2]
        return int(chosen[near[np.argmin(depth[near, 0])]])
    inside = [i for i in _around(cursor, points) if _is_inside(cursor, points[i])]
    if not inside:
        return None
    return int(chosen[min(inside, key=lambda i: depth[i].mean())])


def _distance_to_lines(cursor: FloatArray, points: FloatArray) -> FloatArray:
    """Return (F,) the pixel distance from the cursor to the nearest line of each pyramid."""
    start, end = points[:, FRUSTUM_LINES[:, 0]], points[:, FRUSTUM_LINES[:, 1]]
    along, offset = end - start, cursor - start
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = np.clip((along * offset).sum(axis=-1) / length, 0, 1)
    nearest: FloatArray = np.linalg.norm(offset - share[..., None] * along, axis=-1).min(axis=1)
    return nearest


def _around(cursor: tuple[float, float], points: FloatArray) -> npt.NDArray[np.intp]:
    """Return the pyramids whose screen rectangle holds the cursor."""
    low, high = points[:, :5].min(axis=1), points[:, :5].max(axis=1)
    return np.flatnonzero(((low <= cursor) & (high >= cursor)).all(axis=1))


def _is_inside(cursor: tuple[float, float], points: FloatArray) -> bool:
    hull = cv2.convexHull(points[:5].astype(np.float32))
    return bool(cv2.pointPolygonTest(hull, (float(cursor[0]), float(cursor[1])), False) >= 0)
