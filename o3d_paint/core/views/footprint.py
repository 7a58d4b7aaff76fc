"""The outline of some points as they lie in a view, to be laid over it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray

__all__ = ["footprint_picture"]

_FILL, _EDGE = 70, 235


def footprint_picture(
    pixels: FloatArray, *, point_size: float, side: int, size: tuple[int, int]
) -> tuple[npt.NDArray[np.uint8], tuple[int, int]] | None:
    """Draw what points cover: faintly filled, with a firm edge.

    Args:
        pixels: (K, 2) x, y of the points in the view, device pixels.
        point_size: Edge of a drawn point in device pixels.
        side: Width and height of the picture; what lies farther from the middle is left out.
        size: (width, height) of the view, both at least ``side``.

    Returns:
        (side, side, 4) white with alpha, and x, y of its upper left corner, inside the view; None
        where no point is in the view.
    """
    spots = np.round(pixels).astype(np.int64)
    spots = spots[((spots >= 0) & (spots < size)).all(axis=1)]
    if not len(spots):
        return None
    middle = np.median(spots, axis=0)
    corner = np.clip(middle - side / 2, 0, np.subtract(size, side)).astype(np.int64)
    spots = spots - corner
    spots = spots[((spots >= 0) & (spots < side)).all(axis=1)]
    covered = np.zeros((side, side), dtype=np.uint8)
    covered[spots[:, 1], spots[:, 0]] = 1
    # Gaps between points belong to the surface.
    edge = max(3, round(point_size)) | 1
    covered = cv2.dilate(covered, np.ones((edge, edge), np.uint8))
    covered = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, np.ones((edge, edge), np.uint8))
    inner = cv2.erode(covered, np.ones((3, 3), np.uint8), borderValue=0)
    picture = np.full((side, side, 4), 255, dtype=np.uint8)
    picture[:, :, 3] = np.where(inner > 0, _FILL, np.where(covered > 0, _EDGE, 0))
    return picture, (int(corner[0]), int(corner[1]))
