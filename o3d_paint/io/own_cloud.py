"""A cloud of its own beside posed photos: do they show the same place?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.camera import transform
from o3d_paint.core.scene import Frame

__all__ = ["confidence_of_points", "fit_of_cloud"]

_SAMPLES = 20_000
_PHOTOS = 40
_SAME_SURFACE = 0.1
_FEW = 0.05
_FAR = 30.0  # sizes of a cloud: no photo shows it from there
# A point that comes from a pixel is where that pixel says; thinned and averaged ones nearly so.
_SAME_PIXEL = 0.01


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
    remedy = f"cloud and poses must be in the same coordinates and unit{_apart(points, frames)}"
    if seen < _FEW:
        share = f"only {seen:.1%}" if seen else "none"
        return [f"Photos show {share} of the points of {path}: {remedy}."]
    if any(f.depth is not None for f in chosen) and met < _FEW * seen:
        return [
            f"Where photos show points of {path}, their depths lie elsewhere"
            f" ({met / seen:.1%} agree to a tenth): {remedy}."
        ]
    return []


def _apart(points: FloatArray, frames: Sequence[Frame]) -> str:
    """Return what is to be said where photos stand much farther from a cloud than it is large."""
    center = np.median(points, axis=0)
    offset = np.median([frame.position for frame in frames], axis=0) - center
    size = float(
        np.linalg.norm(np.percentile(points, 95, axis=0) - np.percentile(points, 5, axis=0))
    )
    if not np.linalg.norm(offset) > _FAR * size:
        return ""
    x, y, z = offset
    return f" (the photos stand {x:,.0f}, {y:,.0f}, {z:,.0f} from it: is an offset missing?)"


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


def confidence_of_points(xyz: FloatArray, frames: Sequence[Frame]) -> FloatArray:
    """Return the confidence of the pixels that a cloud's own points come from.

    Each point comes from the photo whose depth lies nearest to it. Empty where most points in view
    come from no pixel: the cloud was made otherwise.

    Args:
        xyz: (N, 3) points.
        frames: Photos whose poses run in the right direction.
    """
    points = xyz[:: -(-len(xyz) // _SAMPLES)]
    best = np.full(len(points), np.inf)
    confidence = np.zeros(len(points))
    in_view = np.zeros(len(points), dtype=bool)
    for frame in frames:
        if frame.depth is None or frame.confidence is None:
            continue
        h, w = frame.depth.shape
        points_cam = transform(frame.cam_from_world, points)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            uv = frame.camera.resized(w, h).project(points_cam)
            pixel = np.floor(uv + 0.5)
            inside = np.flatnonzero(((pixel >= 0) & (pixel < (w, h))).all(axis=1))
            u, v = pixel[inside].astype(np.int64).T
            depth = frame.depth[v, u]
            # Beside its pixel's centre by a whole pixel is as far as beside its depth by 1 %.
            aside = np.abs(uv[inside] - pixel[inside]).max(axis=1) * _SAME_PIXEL
            gap = np.maximum(np.abs(points_cam[inside, 2] - depth) / depth, aside)
        in_view[inside] = True
        nearer = np.flatnonzero((depth > 0) & (gap < best[inside]))
        best[inside[nearer]] = gap[nearer]
        confidence[inside[nearer]] = frame.confidence[v, u][nearer]
    found = best < _SAME_PIXEL
    values: FloatArray = confidence[found & np.isfinite(confidence)]
    return values if len(values) > 0.5 * np.count_nonzero(in_view) else values[:0]
