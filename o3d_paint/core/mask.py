"""Masks and the smallest change that can happen to one.

A mask is an (H, W) uint16 array: 0 is unlabelled, other values are class ids. A `MaskEdit` is an
atom of the undo history: it holds only the pixels that changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray

__all__ = ["MaskEdit", "Rect", "apply", "edit_between", "edit_from_coverage", "edit_of_classes"]


@dataclass(frozen=True, slots=True)
class Rect:
    """Half-open pixel rectangle: columns ``x0 <= x < x1``, lines ``y0 <= y < y1``."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> Rect:
        """Return the rectangle of a whole (H, W) mask."""
        return cls(0, 0, shape[1], shape[0])

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle in an (H, W) array."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        """The (h, w) of the rectangle; no negative values."""
        return max(0, self.y1 - self.y0), max(0, self.x1 - self.x0)

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies inside."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    def union(self, other: Rect) -> Rect:
        """Return the smallest rectangle around both; an empty one does not count."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return Rect(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def clipped(self, shape: tuple[int, int]) -> Rect:
        """Return the part inside an (H, W) mask; may be empty."""
        height, width = shape
        x0, y0 = max(0, self.x0), max(0, self.y0)
        return Rect(x0, y0, min(width, self.x1), min(height, self.y1))


@dataclass(frozen=True, slots=True, eq=False)
class MaskEdit:
    """Changed pixels of one mask.

    Attributes:
        rect: Where the change lies.
        changed: (h, w) bool of ``rect``: which pixels change.
        before: (K,) ids of those pixels, row-major, before.
        after: (K,) ids after.
    """

    rect: Rect
    changed: BoolArray
    before: IdArray
    after: IdArray

    def inverted(self) -> MaskEdit:
        """Return the edit that takes this one back."""
        return MaskEdit(self.rect, self.changed, self.after, self.before)


def apply(mask: IdArray, edit: MaskEdit) -> None:
    """Write an edit into a mask, in place."""
    mask[edit.rect.slices][edit.changed] = edit.after


def edit_from_coverage(
    mask: IdArray,
    rect: Rect,
    *,
    coverage: BoolArray,
    class_id: int,
    protected: BoolArray | None = None,
) -> MaskEdit | None:
    """Return the edit that gives the covered pixels a class, without applying it.

    Args:
        mask: (H, W) ids.
        rect: Where ``coverage`` lies; inside the mask.
        coverage: (h, w) bool of ``rect``.
        class_id: The class to give; 0 erases.
        protected: (max id + 1,) bool by present class id: pixels of these keep theirs. None
            protects nothing.

    Returns:
        The edit with only those pixels that change, or None where nothing does.
    """
    present = mask[rect.slices]
    changed = coverage & (present != class_id)
    if protected is not None:
        changed &= ~protected[present]
    count = int(np.count_nonzero(changed))
    if not count:
        return None
    return MaskEdit(rect, changed, present[changed], np.full(count, class_id, dtype=np.uint16))


def edit_between(before: IdArray, after: IdArray) -> MaskEdit | None:
    """Return the edit that turns one whole mask into another; None where they are equal."""
    changed = before != after
    if not changed.any():
        return None
    lines = np.flatnonzero(changed.any(axis=1))
    columns = np.flatnonzero(changed.any(axis=0))
    rect = Rect(int(columns[0]), int(lines[0]), int(columns[-1]) + 1, int(lines[-1]) + 1)
    inside = changed[rect.slices].copy()
    return MaskEdit(rect, inside, before[rect.slices][inside], after[rect.slices][inside])


def edit_of_classes(mask: IdArray, heirs: Mapping[int, int]) -> MaskEdit | None:
    """Return the edit that gives all pixels of some classes to others; None where there are none.

    Args:
        mask: (H, W) ids.
        heirs: By present class id the id that its pixels get; 0 erases.
    """
    changed = np.zeros(mask.shape, dtype=bool)
    for gone in heirs:
        changed |= mask == gone
    x, y, width, height = cv2.boundingRect(changed.view(np.uint8))
    if not width:
        return None
    rect = Rect(x, y, x + width, y + height)
    inside = changed[rect.slices].copy()
    before = mask[rect.slices][inside]
    after = np.zeros_like(before)
    for gone, heir in heirs.items():
        after[before == gone] = heir
    return MaskEdit(rect, inside, before, after)
