"""Which point lies under the cursor, and which photo shows it best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import transform
from o3d_paint.core.scene import Frame

__all__ = ["best_frame", "pick_point"]

_BEHIND = 1.02  # points within two per cent of the nearest one count as the same surface
_DEPTH_AGREES = 0.03


def pick_point(
    cursor: tuple[float, float],
    points: npt.NDArray[np.float32],
    *,
    screen_from_world: FloatArray,
    size: tuple[int, int],
    radius: float,
) -> int | None:
    """Return the point nearest to the eye within a few pixels of the cursor, None for none.

    Args:
        cursor: (x, y) in the 3D view, device pixels.
        points: (N, 3).
        screen_from_world: (4, 4) projection times view.
        size: (width, height) of the view.
        radius: Reach in device pixels.
    """
    matrix = screen_from_world.astype(np.float32)
    clip = points @ matrix[[0, 1, 3], :3].T + matrix[[0, 1, 3], 3]
    depth = clip[:, 2]
    x = cursor[0] / size[0] * 2 - 1
    y = 1 - cursor[1] / size[1] * 2
    with np.errstate(invalid="ignore", over="ignore"):
        dx = (clip[:, 0] - x * depth) * (size[0] / 2)
        dy = (clip[:, 1] - y * depth) * (size[1] / 2)
        hit = np.flatnonzero((depth > 1e-6) & (dx * dx + dy * dy <= (radius * depth) ** 2))
    if not len(hit):
        return None
    front = hit[depth[hit] <= depth[hit].min() * _BEHIND]
    offset = (dx[front] ** 2 + dy[front] ** 2) / depth[front] ** 2
    return int(front[np.argmin(offset)])


def best_frame(point: FloatArray, frames: Sequence[Frame]) -> tuple[int, float, float] | None:
    """Return the photo that shows a world point best, and where.

    A photo counts when the point falls into it and its depth, where it has one, agrees. The best
    is the nearest of them that has the point well inside.

    Returns:
        Position of the photo and (u, v) in its mask, or None.
    """
    found: list[tuple[float, int, float, float]] = []
    for number, frame in enumerate(frames):
        height, width = frame.mask_shape
        camera = frame.camera.resized(width, height)
        point_cam = transform(frame.cam_from_world, point.reshape(1, 3))
        z = float(point_cam[0, 2])
        u, v = camera.project(point_cam)[0]
        if not (z > 0 and 0 <= u < width - 1 and 0 <= v < height - 1):
            continue
        if frame.depth is not None:
            h, w = frame.depth.shape
            row = min(h - 1, int((v + 0.5) * h / height))
            surface = float(frame.depth[row, min(w - 1, int((u + 0.5) * w / width))])
            if not abs(surface - z) <= _DEPTH_AGREES * z:
                continue
        off_center = max(abs(u / width - 0.5), abs(v / height - 0.5))
        found.append((z * (1 + 2 * off_center), number, float(u), float(v)))
    if not found:
        return None
    _, number, u, v = min(found)
    return number, u, v
