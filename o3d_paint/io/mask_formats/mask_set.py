"""What every reader of masks returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings

__all__ = [
    "MAX_PIXELS",
    "VOID",
    "Coverage",
    "InexactMask",
    "MaskSet",
    "PhotoMask",
    "with_new_ids",
]

Coverage = BoolArray | npt.NDArray[np.uint8]
"""(H, W) pixels that belong, as bool or as 0 and 1."""
MAX_PIXELS = 1 << 28
"""Masks beyond this many pixels are refused before memory is taken."""
VOID = MAX_CLASS_ID
"""Id of pixels that a file marks as of no class at all: neither a class nor merely not painted."""


class InexactMask(FormatError):
    """A mask whose values or colours are not those of classes: smoothed, compressed, or no mask."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoMask:
    """The mask of one photo, decoded when asked for.

    Attributes:
        photo: The photo's file name or number, as the file gives it.
        read: Returns (H, W) uint16 ids at whatever resolution the file has.
        read_regions: Returns the (H, W) coverage of each region in turn, overlaps included, where
            the file has regions without classes.
        file: Name of the file, where it holds this mask alone.
        read_at_size: Returns (H, W) ids at a given size, where the file has none of its own.
    """

    photo: str
    read: Callable[[], IdArray]
    read_regions: Callable[[], Iterable[Coverage]] | None = None
    file: str = ""
    read_at_size: Callable[[tuple[int, int]], IdArray] | None = None

    def sized(self, size: tuple[int, int]) -> PhotoMask:
        """Return the mask at its photo's (H, W), where the file has no size of its own."""
        if self.read_at_size is None:
            return self
        return PhotoMask(self.photo, partial(self.read_at_size, size), file=self.file)

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.file or self.photo

    def renumbered(self, new_ids: Mapping[int, int]) -> PhotoMask:
        """Return the mask with other ids; ids that are not in the table stay."""
        if all(old == new for old, new in new_ids.items()):
            return self
        at_size = self.read_at_size
        return PhotoMask(
            self.photo,
            partial(_renumbered, self.read, new_ids),
            file=self.file,
            read_at_size=None if at_size is None else partial(_renumbered_at, at_size, new_ids),
        )


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
        shift: How much higher ids are than the file's numbers: 1 where the file has a class 0.
        numbers_are_made_up: The file names classes without numbers; ids follow the alphabet.
        findings: What cannot be used, and the file's words for what became `VOID`; readers add to
            it also while a mask is decoded.
    """

    format: str
    masks: tuple[PhotoMask, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    colors: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    has_classes: bool = True
    is_in_order: bool = False
    shift: int = 0
    numbers_are_made_up: bool = False
    findings: Findings = field(default_factory=Findings)


def with_new_ids(ids: IdArray, new_ids: Mapping[int, int]) -> IdArray:
    """Return a mask (H, W) with other ids; ids that are not in the table stay."""
    table = np.arange(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    for old, new in new_ids.items():
        table[old] = new
    changed: IdArray = table[ids]
    return changed


def _renumbered_at(
    read: Callable[[tuple[int, int]], IdArray], new_ids: Mapping[int, int], size: tuple[int, int]
) -> IdArray:
    return with_new_ids(read(size), new_ids)


def _renumbered(read: Callable[[], IdArray], new_ids: Mapping[int, int]) -> IdArray:
    return with_new_ids(read(), new_ids)
