"""What every reader of masks returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IdArray

__all__ = ["MAX_PIXELS", "Coverage", "MaskSet", "PhotoMask", "paint_largest_first", "with_new_ids"]

Coverage = BoolArray | npt.NDArray[np.uint8]
"""(H, W) pixels that belong, as bool or as 0 and 1."""
MAX_PIXELS = 1 << 28
"""Masks beyond this many pixels are refused before memory is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoMask:
    """The mask of one photo, decoded when asked for.

    Attributes:
        photo: The photo's file name or number, as the file gives it.
        read: Returns (H, W) uint16 ids at whatever resolution the file has.
        read_regions: Returns the (H, W) coverage of each region in turn, overlaps included, where
            the file has regions without classes.
    """

    photo: str
    read: Callable[[], IdArray]
    read_regions: Callable[[], Iterable[Coverage]] | None = None

    def renumbered(self, new_ids: Mapping[int, int]) -> PhotoMask:
        """Return the mask with other ids; ids that are not in the table stay."""
        return PhotoMask(self.photo, partial(_renumbered, self.read, new_ids))


@dataclass(frozen=True, slots=True, eq=False)
class MaskSet:
    """The masks of several photos with the classes that their ids mean.

    Attributes:
        format: Name of the format, for people.
        masks: One entry a photo.
        names: Class names by id. Empty where the file names none: ids are class ids then.
        colors: sRGB by id, where the file has colours.
        has_classes: False where ids are mere regions that a user gives a class (SAM).
        is_in_order: The file names no photos: masks belong to all photos of the scene in order.
    """

    format: str
    masks: tuple[PhotoMask, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    colors: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    has_classes: bool = True
    is_in_order: bool = False


def _renumbered(read: Callable[[], IdArray], new_ids: Mapping[int, int]) -> IdArray:
    return with_new_ids(read(), new_ids)


def with_new_ids(ids: IdArray, new_ids: Mapping[int, int]) -> IdArray:
    """Return a mask (H, W) with other ids; ids that are not in the table stay."""
    table = np.arange(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    for old, new in new_ids.items():
        table[old] = new
    changed: IdArray = table[ids]
    return changed


def paint_largest_first(shape: tuple[int, int], regions: Sequence[tuple[int, Coverage]]) -> IdArray:
    """Lay regions over each other, smaller ones on top, as overlapping detections are meant.

    Args:
        shape: (H, W) of the photo.
        regions: Pairs of id and (H, W) coverage.
    """
    labels = np.zeros(shape, dtype=np.uint16)
    areas = [int(np.count_nonzero(coverage)) for _, coverage in regions]
    for position in np.argsort([-a for a in areas], kind="stable"):
        label, coverage = regions[int(position)]
        labels[coverage.astype(bool)] = label
    return labels
