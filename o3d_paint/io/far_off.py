"""Photos and points so far from the rest of a scene that they say nothing of its size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.camera import transform
from o3d_paint.core.geometry import MainPart, main_part
from o3d_paint.core.scene import Frame

__all__ = ["told_of_far_off"]

_SHOWN = 5
_PIXELS = 400
_MOSTLY = 0.5


def told_of_far_off(xyz: FloatArray, frames: Sequence[Frame]) -> list[str]:
    """Return a sentence where points stand far apart from the scene; nothing where none do.

    Args:
        xyz: (N, 3) points of the scene.
        frames: Its photos.
    """
    part = main_part(xyz)
    if part.is_all:
        return []
    apart = ~part.holds(xyz)
    farthest = float(np.linalg.norm(xyz[apart] - part.center, axis=1).max())
    blamed = [frame.name for frame in frames if _is_far_off(frame, part)]
    count = int(np.count_nonzero(apart))
    text = (
        f"{count:,} points ({apart.mean():.1%}) lie far off, up to {farthest:.3g} units from the"
        " rest, and do not count for sizes and distances"
    )
    if blamed:
        names = ", ".join(blamed[:_SHOWN]) + (" …" if len(blamed) > _SHOWN else "")
        what = "photo" if len(blamed) == 1 else f"{len(blamed)} photos"
        text += f": check position and depth of {what} {names}, or leave it out"
    return [f"{text}."]


def _is_far_off(frame: Frame, part: MainPart) -> bool:
    """Return whether a photo stands or looks outside of the scene."""
    if not part.holds(frame.position[None])[0]:
        return True
    seen = _some_points(frame)
    return len(seen) > 0 and float(np.mean(~part.holds(seen))) > _MOSTLY


def _some_points(frame: Frame) -> FloatArray:
    """Return (K, 3) some of the points that a photo's depths make."""
    if frame.depth is None:
        return np.zeros((0, 3))
    known: BoolArray = np.isfinite(frame.depth) & (frame.depth > 0)
    v, u = np.nonzero(known)
    step = max(1, len(u) // _PIXELS)
    u, v = u[::step], v[::step]
    depth = frame.depth[v, u].astype(np.float64)
    pixels = np.stack([u, v, np.ones(len(u))], axis=1).astype(np.float64)
    rays: FloatArray = pixels @ np.linalg.inv(frame.camera.matrix).T
    return transform(frame.world_from_cam, rays * depth[:, None])
