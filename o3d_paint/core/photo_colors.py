"""Colours for a cloud that has none: what the photos that see its points show there."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, RgbArray
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import Frame
from o3d_paint.core.visibility import DepthTolerance, build_pixel_index

__all__ = ["colors_from_photos"]

# Evenly spread photos that are looked at: with more, nearly every point is seen several times.
_MOST_PHOTOS = 60


def colors_from_photos(
    xyz: FloatArray,
    frames: Sequence[Frame],
    *,
    rule: ConfidenceRule,
    tolerance: DepthTolerance,
    spacing: float,
    unseen: int,
    progress: Progress | None = None,
) -> tuple[RgbArray, BoolArray]:
    """Average what photos show at the points that they see.

    Args:
        xyz: (N, 3) world points.
        frames: The photos; of very many some, evenly spread.
        rule: Which depth pixels are trusted.
        tolerance: How far depth and point may differ.
        spacing: Point spacing in scene units.
        unseen: Grey level of points that no photo sees.
        progress: Told how far it is.

    Returns:
        (N, 3) uint8 sRGB colours, and (N,) whether any photo saw the point.
    """
    total = np.zeros((len(xyz), 3), dtype=np.float32)
    count = np.zeros(len(xyz), dtype=np.float32)
    chosen = frames[:: -(-len(frames) // _MOST_PHOTOS)] if len(frames) else frames
    for done, frame in enumerate(chosen):
        if progress is not None:
            progress(done / len(chosen), f"colours from photo {frame.name}")
        index = build_pixel_index(frame, xyz, rule=rule, tolerance=tolerance, spacing=spacing)
        h, w = index.shape
        pixels = frame.photo.pixels()
        if pixels.shape[:2] != (h, w):
            pixels = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_LINEAR)
        total[index.point] += pixels.reshape(-1, 3)[index.pixel]
        count[index.point] += 1
    seen: BoolArray = count > 0
    rgb = np.full((len(xyz), 3), unseen, dtype=np.uint8)
    rgb[seen] = np.rint(total[seen] / count[seen, None]).astype(np.uint8)
    return rgb, seen
