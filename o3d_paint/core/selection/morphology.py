"""Grow, shrink and clear the paint of one class on one photo.

Each returns the edit without applying it, like every other tool, so that one step of the history
takes it back.
"""

from __future__ import annotations

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.core.mask import MaskEdit, Rect, edit_from_coverage

__all__ = ["cleared", "grown", "shrunk"]


def grown(
    mask: IdArray, class_id: int, *, radius: int, protected: BoolArray | None = None
) -> MaskEdit | None:
    """Return the edit that widens a class by a ring.

    Args:
        mask: (H, W) ids.
        class_id: The class that grows.
        radius: Width of the ring in mask pixels.
        protected: (max id + 1,) bool by present class id: pixels of these keep theirs. None lets
            the class grow into all others.

    Returns:
        The edit, or None where nothing changes.

    Raises:
        ValueError: The class is 0, or the radius is not positive.
    """
    found = _around(mask, class_id, radius)
    if found is None:
        return None
    rect, own = found
    wider = cv2.dilate(own.astype(np.uint8), _disc(radius)) > 0
    return edit_from_coverage(
        mask, rect, coverage=wider & ~own, class_id=class_id, protected=protected
    )


def shrunk(mask: IdArray, class_id: int, *, radius: int) -> MaskEdit | None:
    """Return the edit that takes a ring off a class; those pixels become unlabelled.

    The border of the photo is no border of the class: nothing is taken off there.

    Args:
        mask: (H, W) ids.
        class_id: The class that shrinks.
        radius: Width of the ring in mask pixels.

    Returns:
        The edit, or None where nothing changes.

    Raises:
        ValueError: The class is 0, or the radius is not positive.
    """
    found = _around(mask, class_id, radius)
    if found is None:
        return None
    rect, own = found
    narrower = cv2.erode(
        own.astype(np.uint8), _disc(radius), borderType=cv2.BORDER_CONSTANT, borderValue=1
    )
    return edit_from_coverage(mask, rect, coverage=own & (narrower == 0), class_id=0)


def cleared(mask: IdArray, class_id: int) -> MaskEdit | None:
    """Return the edit that takes a class off a photo; None where it has no paint.

    Raises:
        ValueError: The class is 0.
    """
    found = _around(mask, class_id, 1)
    if found is None:
        return None
    rect, own = found
    return edit_from_coverage(mask, rect, coverage=own, class_id=0)


def _around(mask: IdArray, class_id: int, radius: int) -> tuple[Rect, BoolArray] | None:
    """Return the box of a class with room for a ring, and (h, w) which of its pixels it has."""
    if class_id < 1:
        msg = f"class_id must be at least 1, got {class_id}"
        raise ValueError(msg)
    if radius < 1:
        msg = f"radius must be at least 1 pixel, got {radius}"
        raise ValueError(msg)
    own = mask == class_id
    lines, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if not len(lines):
        return None
    rect = Rect(
        int(columns[0]) - radius,
        int(lines[0]) - radius,
        int(columns[-1]) + radius + 1,
        int(lines[-1]) + radius + 1,
    ).clipped((mask.shape[0], mask.shape[1]))
    return rect, own[rect.slices]


def _disc(radius: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return a disc of the given radius as a structuring element."""
    offsets = np.arange(-radius, radius + 1)
    inside = offsets[:, None] ** 2 + offsets[None, :] ** 2 <= radius * radius + radius * 0.5
    return inside.astype(np.uint8)
