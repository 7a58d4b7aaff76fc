"""A cloud of its own beside posed photos: do they show the same place?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.camera import transform
from o3d_paint.core.scene import Frame

__all__ = ["fit_of_cloud"]

_SAMPLES = 20_000
_PHOTOS = 40
_SAME_SURFACE = 0.1
_FEW = 0.05


def fit_of_cloud(path: Path, xyz: FloatArray, frames: Sequence[Frame]) -> list[str]:
    """Return what is odd about how a cloud lies to the photos; nothing where they fit.

    Args:
        path: The cloud's file, for the sentence.
        xyz: (N, 3) its points.
        frames: Photos whose poses run in the right direction.
    """
    points = xyz[:: -(-len(xyz) // _SAMPLES)]
    in_view = np.zeros(len(points), dtype=bool)
    on_surface = np.zeros(len(points), dtype=bool)
    chosen = frames[:: max(1, len(frames) // _PHOTOS)]
    for frame in chosen:
        inside, near = _met(points, frame)
        in_view |= inside
        on_surface |= near
    seen, met = float(in_view.mean()), float(on_surface.mean())
    remedy = "cloud and poses must be in the same coordinates and unit"
    if seen < _FEW:
        share = f"only {seen:.1%}" if seen else "none"
        return [f"Photos show {share} of the points of {path}: {remedy}."]
    if any(f.depth is not None for f in chosen) and met < _FEW * seen:
        return [
            f"Where photos show points of {path}, their depths lie elsewhere"
            f" ({met / seen:.1%} agree to a tenth): {remedy}."
        ]
    return []


def _met(points: FloatArray, frame: Frame) -> tuple[BoolArray, BoolArray]:
    """Return which points a photo has in view, and which of them lie near its depth."""
    h, w = (frame.photo.height, frame.photo.width) if frame.depth is None else frame.depth.shape
    points_cam = transform(frame.cam_from_world, points)
    with np.errstate(invalid="ignore", over="ignore"):
        uv = np.floor(frame.camera.resized(w, h).project(points_cam) + 0.5)
        inside: BoolArray = ((uv >= 0) & (uv < (w, h))).all(axis=1)
    near = np.zeros(len(points), dtype=bool)
    if frame.depth is not None:
        u, v = uv[inside].astype(np.int64).T
        depth = frame.depth[v, u]
        with np.errstate(invalid="ignore"):
            near[inside] = np.abs(points_cam[inside, 2] - depth) < _SAME_SURFACE * depth
    return inside, near
