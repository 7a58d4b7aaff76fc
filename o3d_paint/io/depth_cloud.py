"""The points that the trusted depths of photos make, with the photos' colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, RgbArray
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import Frame, PointCloud
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.importers.left_out import LeftOut
from o3d_paint.io.memory import require_memory

__all__ = ["FARTHEST", "cloud_of_depths"]

FARTHEST = 1e12
"""Scene units beyond which nothing lies."""
_BYTES_PER_POINT = 24 + 3


def cloud_of_depths(
    path: Path,
    frames: Sequence[Frame],
    *,
    rule: ConfidenceRule,
    limit: int | None,
    left_out: LeftOut,
) -> PointCloud:
    """Return a point for each trusted pixel, photo by photo and line by line.

    Args:
        path: The scene, for messages.
        frames: Posed photos.
        rule: Which depth is trusted.
        limit: Bytes that the points may take; None allows most of the free memory.
        left_out: Gets photos that cannot be decoded, which make no points.

    Raises:
        FormatError: No photo can be decoded.
        SceneError: No depth is trusted, or the points would not fit into memory.
    """
    kept = [_trusted(f, rule) for f in frames]
    count = sum(int(np.count_nonzero(k)) for k in kept)
    if not count:
        msg = (
            f"{path}: no depth pixel is trusted ({rule.reason}), so there are no points: lower"
            " the threshold with --conf-thresh or --confidence-percentile"
        )
        raise SceneError(msg)
    require_memory(str(path), count * _BYTES_PER_POINT, limit=limit)
    xyz = np.zeros((count, 3))
    rgb = np.zeros((count, 3), dtype=np.uint8)
    start = 0
    for frame, mask in zip(frames, kept, strict=True):
        end = start + int(np.count_nonzero(mask))
        if end == start:
            continue
        try:
            rgb[start:end] = _colors_at_depth(frame)[mask]
        except FormatError as error:
            left_out.add_error(frame.name, error)
            continue
        xyz[start:end] = frame.back_project()[0][mask.ravel()]
        start = end
    left_out.require_rest(start, str(path))
    return PointCloud(xyz[:start], rgb[:start])


def _trusted(frame: Frame, rule: ConfidenceRule) -> BoolArray:
    """Return (h, w) which depth pixels make points."""
    if frame.depth is None:
        return np.zeros((0, 0), dtype=bool)
    known = np.isfinite(frame.depth) & (frame.depth > 0) & (frame.depth < FARTHEST)
    return known if frame.confidence is None else known & rule.keep(frame.confidence)


def _colors_at_depth(frame: Frame) -> RgbArray:
    """Return the (h, w, 3) photo at the resolution of its depth."""
    assert frame.depth is not None
    h, w = frame.depth.shape
    pixels = frame.photo.pixels()
    if pixels.shape[:2] == (h, w):
        return pixels

    resized: RgbArray = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)
    return resized
