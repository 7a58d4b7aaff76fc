"""Regions of a photo as runs of pixels: kept in little memory until they are painted.

Eight hundred regions of a photo of 12 million pixels would be 10 GB as pictures; as runs they take
what their outlines take.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray
from o3d_paint.core.brush import polygon_runs

__all__ = ["Runs", "painted_largest_first"]

_MOST_CROSSINGS = 1 << 23
"""Of a polygon's edges with lines, half a gigabyte for a moment: an outline around every single one
of the pixels of a large photo has fewer."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Pixels of an (H, W) photo.

    Attributes:
        shape: (H, W).
        starts: (R,) first positions of runs, ascending; ``v * W + u``, or ``u * H + v`` where runs
            go down the columns, as COCO's do.
        ends: (R,) positions behind the last ones.
        by_columns: Whether runs go down the columns.
    """

    shape: tuple[int, int]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    by_columns: bool = False

    @classmethod
    def of_counts(cls, counts: Positions, shape: tuple[int, int]) -> Runs:
        """Return COCO's run lengths, which begin with zeros and fill the photo."""
        bounds = np.cumsum(counts)
        ends = bounds[1::2].astype(np.int32)
        return cls(shape, bounds[0::2][: len(ends)].astype(np.int32), ends, by_columns=True)

    @classmethod
    def of_coverage(cls, coverage: BoolArray | npt.NDArray[np.uint8]) -> Runs:
        """Return the pixels of an (H, W) picture that are not 0."""
        height, width = coverage.shape
        flat = np.concatenate([[False], coverage.reshape(-1) != 0, [False]])
        changes = np.flatnonzero(flat[1:] != flat[:-1]).astype(np.int32)
        return cls((height, width), changes[0::2], changes[1::2])

    @classmethod
    def of_polygons(cls, rings: Iterable[FloatArray], shape: tuple[int, int]) -> Runs:
        """Return what is inside at least one of some polygons, as `core.brush.polygon` covers it.

        Args:
            rings: Each (K, 2) corners in pixels, integers at pixel centres.
            shape: (H, W) of the photo.

        Raises:
            ValueError: A ring crosses itself without end.
        """
        parts = [polygon_runs(shape, ring, most_crossings=_MOST_CROSSINGS) for ring in rings]
        if len(parts) == 1:
            starts, ends = parts[0]
        else:
            nothing = np.zeros(0, dtype=np.int64)
            starts = np.concatenate([nothing, *(p[0] for p in parts)])
            ends = np.concatenate([nothing, *(p[1] for p in parts)])
            starts, ends = _united(starts, ends)
        return cls(shape, starts.astype(np.int32), ends.astype(np.int32))

    @property
    def area(self) -> int:
        """How many pixels belong."""
        return int((self.ends.astype(np.int64) - self.starts).sum())

    def coverage(self) -> npt.NDArray[np.uint8]:
        """Return the (H, W) picture, 1 where pixels belong."""
        canvas = np.zeros(self.shape, dtype=np.uint8)
        self.paint(canvas, 1)
        return canvas

    def paint(self, canvas: npt.NDArray[np.integer], value: int) -> None:
        """Write a value to all pixels of an (H, W) array, in place.

        It is fast where the array lies in memory as the runs go: by rows, or by columns.
        """
        if not len(self.starts):
            return
        # Along the runs, in either case.
        along = canvas.T if self.by_columns else canvas
        if along.flags.c_contiguous:
            flat = along.reshape(-1)
            for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
                flat[start:end] = value
            return
        length = along.shape[1]
        first, behind = int(self.starts[0]) // length, (int(self.ends[-1]) - 1) // length + 1
        bounds = np.empty(2 * len(self.starts) + 2, dtype=np.int64)
        bounds[0], bounds[-1] = first * length, behind * length
        bounds[1:-1:2], bounds[2:-1:2] = self.starts, self.ends
        belongs = np.repeat(np.arange(len(bounds) - 1) % 2 == 1, np.diff(bounds))
        lines = along[first:behind]
        np.copyto(lines, value, where=belongs.reshape(-1, length), casting="unsafe")


def painted_largest_first(shape: tuple[int, int], regions: Iterable[tuple[int, Runs]]) -> IdArray:
    """Lay regions over each other, smaller ones on top, as overlapping detections are meant.

    Args:
        shape: (H, W) of the photo.
        regions: Pairs of id and pixels.
    """
    # Among regions of one size the later one is on top.
    ordered = sorted(regions, key=lambda region: -region[1].area)
    # As most of what is painted goes.
    by_columns = sum(r.area if r.by_columns else -r.area for _, r in ordered) > 0
    labels = np.zeros(shape, dtype=np.uint16, order="F" if by_columns else "C")
    for label, runs in ordered:
        runs.paint(labels, label)
    return labels


def _united(starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """Return runs that overlap or touch as one."""
    order = np.argsort(starts, kind="stable")
    starts, reached = starts[order], np.maximum.accumulate(ends[order])
    begins = np.ones(len(starts), dtype=bool)
    begins[1:] = starts[1:] > reached[:-1]
    last = np.append(np.flatnonzero(begins)[1:], len(starts)) - 1
    return starts[begins], reached[last] if len(starts) else reached
