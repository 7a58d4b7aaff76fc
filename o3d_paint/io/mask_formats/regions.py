"""Region shapes that several JSON formats share: polygons and run-length encodings."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.brush import polygon
from o3d_paint.errors import FormatError
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MAX_PIXELS
from o3d_paint.io.mask_formats.rle import counts_from_text, mask_from_counts

__all__ = ["image_size", "polygon_coverage", "segmentation_coverage"]

_MAX_VERTICES = 1_000_000


def image_size(record: Any, where: str, keys: tuple[str, str]) -> tuple[int, int]:
    """Return the (H, W) that a record declares under its (height, width) keys.

    Raises:
        FormatError: They are missing, not positive, or beyond what a photo can be.
    """
    height, width = (item(record, key, (int, float), where) for key in keys)
    if not (1 <= height <= MAX_PIXELS and 1 <= width <= MAX_PIXELS // height):
        msg = f"{where} declares {width}x{height} pixels, which no photo has"
        raise FormatError(msg)
    return int(height), int(width)


def polygon_coverage(
    points: Any, shape: tuple[int, int], where: str, *, offset: float = -0.5
) -> npt.NDArray[np.uint8]:
    """Return the (H, W) coverage of a polygon.

    Args:
        points: (K, 2) corners, or a flat list of 2K numbers.
        shape: (H, W) of the photo.
        where: Names the polygon in messages.
        offset: Added to the corners; formats whose pixel edges are integers (COCO, labelme) need
            -0.5, since integers are pixel centres here.

    Raises:
        FormatError: The corners are not finite numbers, or fewer than three.
    """
    try:
        corners = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{where} must be a list of x, y pairs"
        raise FormatError(msg) from error
    if not 3 <= len(corners) <= _MAX_VERTICES or not np.isfinite(corners).all():
        msg = f"{where} must have at least three finite corners, found {len(corners)}"
        raise FormatError(msg)
    canvas = np.zeros(shape, dtype=np.uint8)
    limit = 4.0 * max(shape)
    covered = polygon(shape, np.clip(corners + offset, -limit, limit))
    if covered is not None:
        rect, coverage = covered
        canvas[rect.slices] = coverage
    return canvas


def segmentation_coverage(
    segmentation: Any, shape: tuple[int, int], where: str
) -> npt.NDArray[np.uint8]:
    """Return the (H, W) coverage of a COCO segmentation: polygons, or run lengths of either form.

    Raises:
        FormatError: It is none of these, or does not fit the photo.
    """
    if isinstance(segmentation, list):
        canvas = np.zeros(shape, dtype=np.uint8)
        for ring in segmentation:
            canvas |= polygon_coverage(ring, shape, where)
        return canvas
    size = item(segmentation, "size", list, where)
    if size != list(shape):
        msg = f"{where} has run lengths for size {size[:2]}, its photo is {list(shape)} (H, W)"
        raise FormatError(msg)
    counts = item(segmentation, "counts", (list, str), where)
    try:
        runs = counts_from_text(counts) if isinstance(counts, str) else counts
        return mask_from_counts(runs, shape).astype(np.uint8)
    except (ValueError, TypeError, OverflowError) as error:
        msg = f"{where}: {error}"
        raise FormatError(msg) from error
