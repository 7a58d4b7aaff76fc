"""What the 3D view shows, as if it were a photo: for painting on the cloud itself."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.views.orbit import Eye
from o3d_paint.core.visibility import DepthTolerance, PixelIndex, build_pixel_index

__all__ = ["eye_frame", "points_in_view"]

_RULE = ConfidenceRule(None, inclusive=True, reason="the 3D view has no depth map")
_SPACINGS, _RELATIVE = 3.0, 0.005


def eye_frame(eye: Eye, size: tuple[int, int]) -> Frame:
    """Return the 3D view as a posed photo without depth.

    Args:
        eye: Where it is seen from.
        size: (width, height) of the view.
    """
    width, height = size
    focal = height / 2 / np.tan(eye.fov / 2)
    camera = Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    right, upward, forward = eye.axes
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, -upward, forward])
    pose[:3, 3] = -pose[:3, :3] @ eye.position
    return Frame("3D view", camera, pose, ArrayPhoto(np.zeros((height, width, 3), np.uint8)))


def points_in_view(
    eye: Eye, size: tuple[int, int], xyz: FloatArray, *, spacing: float, through: bool
) -> PixelIndex:
    """Find the points that the 3D view shows.

    Args:
        eye: In the coordinates of the points.
        size: (width, height) of the view.
        xyz: (N, 3) points.
        spacing: Point spacing in scene units.
        through: Whether points behind others count too.

    Returns:
        The index at ``eye_frame(eye, size).mask_shape``, 1080 lines or more.
    """
    frame = eye_frame(eye, size)
    if not through:
        tolerance = DepthTolerance(_SPACINGS * spacing, _RELATIVE)
        return build_pixel_index(frame, xyz, rule=_RULE, tolerance=tolerance, spacing=spacing)
    height, width = frame.mask_shape
    camera = frame.camera.resized(width, height)
    rotation, offset = frame.cam_from_world[:3, :3], frame.cam_from_world[:3, 3]
    at_cam = xyz @ rotation.T + offset
    before = np.flatnonzero(at_cam[:, 2] > 0)
    u, v = np.floor(camera.project(at_cam[before]) + 0.5).T
    inside = (u >= 0) & (v >= 0) & (u < width) & (v < height)
    pixel = (v[inside] * width + u[inside]).astype(np.int64)
    order = np.argsort(pixel, kind="stable")
    return PixelIndex((height, width), pixel[order], before[inside][order].astype(np.int32))
