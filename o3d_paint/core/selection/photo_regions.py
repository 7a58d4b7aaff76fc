"""Regions of a photo that overlap and have no class yet, such as automatic masks of a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.core.mask import Rect

__all__ = ["Area", "PhotoRegions", "fitted_regions"]

Area = tuple[Rect, BoolArray]
"""A rectangle of the mask, and the (h, w) pixels of it that belong."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoRegions:
    """The regions of one photo.

    Attributes:
        areas: Ascending by size, so that a part comes before the whole.
    """

    areas: tuple[Area, ...] = ()

    def at(self, x: float, y: float, *, mask: IdArray, class_id: int) -> Area | None:
        """Return the region that a click means: the smallest that it would change.

        Args:
            x: Mask position, integers at pixel centres.
            y: Mask position.
            mask: (H, W) ids painted so far.
            class_id: The class to give it; 0 erases.

        Returns:
            The region; the largest where all have the class already, None where there is none.
        """
        column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
        last: Area | None = None
        for rect, coverage in self.areas:
            if not (rect.x0 <= column < rect.x1 and rect.y0 <= row < rect.y1):
                continue
            if not coverage[row - rect.y0, column - rect.x0]:
                continue
            last = rect, coverage
            if (coverage & (mask[rect.slices] != class_id)).any():
                break
        return last


def fitted_regions(
    coverages: Iterable[BoolArray | npt.NDArray[np.uint8]], shape: tuple[int, int]
) -> PhotoRegions:
    """Return regions at the resolution of a mask, by nearest pixel; empty ones are left out.

    Args:
        coverages: Each (h, w) of the same view at any size.
        shape: (H, W) of the mask.
    """
    areas: list[Area] = []
    for coverage in coverages:
        h, w = coverage.shape
        rows = ((2 * np.arange(shape[0]) + 1) * h) // (2 * shape[0])
        columns = ((2 * np.arange(shape[1]) + 1) * w) // (2 * shape[1])
        used_rows = np.flatnonzero(coverage.any(axis=1))
        if not len(used_rows):
            continue
        used_columns = np.flatnonzero(coverage.any(axis=0))
        y0, y1 = np.searchsorted(rows, (used_rows[0], used_rows[-1] + 1))
        x0, x1 = np.searchsorted(columns, (used_columns[0], used_columns[-1] + 1))
        cut = coverage[rows[y0:y1, None], columns[x0:x1]].astype(bool)
        if cut.any():
            areas.append((Rect(int(x0), int(y0), int(x1), int(y1)), cut))
    areas.sort(key=lambda area: int(np.count_nonzero(area[1])))
    return PhotoRegions(tuple(areas))
