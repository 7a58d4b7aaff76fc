"""Region shapes that several JSON formats share: polygons and run-length encodings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MAX_PIXELS
from o3d_paint.io.mask_formats.rle import checked_counts, counts_from_text
from o3d_paint.io.mask_formats.runs import Runs, painted_largest_first

__all__ = [
    "Outline",
    "corners_of",
    "image_size",
    "painted_outlines",
    "polygon_runs",
    "segmentation_runs",
]

Outline = tuple[str, int, Any]
"""Where a segmentation stands in its file, the id that it paints, and itself as COCO writes it."""

_MAX_VERTICES = 1_000_000
_FARTHEST = 1e12
_TO_CENTRES = -0.5
"""Added to corners: pixel edges are whole numbers in these formats, pixel centres are here."""


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


def corners_of(points: Any, where: str) -> FloatArray:
    """Return the (K, 2) corners in a list of pairs, or in a flat list of 2 K numbers.

    Raises:
        FormatError: They are no finite numbers of pixels.
    """
    try:
        corners = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{where} must be a list of x, y pairs"
        raise FormatError(msg) from error
    if len(corners) > _MAX_VERTICES or not (np.abs(corners) < _FARTHEST).all():
        msg = f"{where} must be finite numbers of pixels, at most {_MAX_VERTICES:,} pairs"
        raise FormatError(msg)
    return corners


def polygon_runs(rings: Any, shape: tuple[int, int], where: str) -> Runs:
    """Return what polygons cover together; rings of fewer than three corners cover nothing.

    Args:
        rings: Each as `corners_of` takes them; whole numbers are the edges of pixels.
        shape: (H, W) of the photo.
        where: Names the polygons in messages.

    Raises:
        FormatError: A corner is no number, or an outline crosses itself without end.
    """
    corners = [corners_of(ring, where) for ring in rings]
    limit = 4.0 * max(shape)
    areas = [np.clip(c + _TO_CENTRES, -limit, limit) for c in corners if len(c) > 2]
    try:
        return Runs.of_polygons(areas, shape)
    except ValueError as error:
        msg = f"{where}: {error}"
        raise FormatError(msg) from error


def segmentation_runs(segmentation: Any, shape: tuple[int, int], where: str) -> Runs:
    """Return what a COCO segmentation covers: polygons, or run lengths of either form.

    Raises:
        FormatError: It is none of these, or does not fit the photo.
    """
    if isinstance(segmentation, list):
        is_one_ring = bool(segmentation) and isinstance(segmentation[0], (int, float))
        return polygon_runs([segmentation] if is_one_ring else segmentation, shape, where)
    size = item(segmentation, "size", list, where)
    if size != list(shape):
        msg = f"{where} has run lengths for size {size[:2]}, its photo is {list(shape)} (H, W)"
        raise FormatError(msg)
    counts = item(segmentation, "counts", (list, str), where)
    try:
        runs = counts_from_text(counts) if isinstance(counts, str) else counts
        return Runs.of_counts(checked_counts(runs, shape), shape)
    except (ValueError, TypeError, OverflowError) as error:
        msg = f"{where}: {error}"
        raise FormatError(msg) from error


def painted_outlines(
    shape: tuple[int, int], outlines: Iterable[Outline], findings: Findings
) -> IdArray:
    """Return the (H, W) ids that segmentations paint, smaller ones on top.

    Args:
        shape: (H, W) of the photo.
        outlines: Where each stands in its file, its id, and its COCO segmentation.
        findings: Gets those that cannot be drawn.
    """
    regions: list[tuple[int, Runs]] = []
    for where, label, segmentation in outlines:
        try:
            runs = segmentation_runs(segmentation, shape, f"segmentation of {where}")
        except FormatError as error:
            findings.leave_out("annotation", "with an outline that cannot be read", str(error))
            continue
        if runs.area:
            regions.append((label, runs))
        else:
            findings.leave_out("annotation", "without an outline", where)
    return painted_largest_first(shape, regions)
