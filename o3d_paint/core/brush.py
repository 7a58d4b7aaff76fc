"""What a stroke covers: discs, capsules between two pointer positions, and polygons.

Positions are mask pixels, x right and y down, integers at pixel centres. A pixel is covered when
its centre lies inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.mask import Rect

__all__ = ["Stroke", "capsule", "polygon", "polygon_runs"]

# Each takes some 60 bytes; a file may hold an outline of a million corners.
_CROSSINGS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A brush stroke.

    Attributes:
        points: (K, 2) positions in mask pixels, K >= 1.
        radius: Brush radius in mask pixels.
        class_id: The class painted; 0 erases.
    """

    points: FloatArray
    radius: float
    class_id: int


def capsule(
    shape: tuple[int, int],
    start: tuple[float, float],
    *,
    end: tuple[float, float],
    radius: float,
) -> tuple[Rect, BoolArray] | None:
    """Return the pixels within ``radius`` of the segment from ``start`` to ``end``.

    Args:
        shape: (H, W) of the mask.
        start: (x, y) of one end; may lie outside the mask.
        end: (x, y) of the other end; equal to ``start`` for a disc.
        radius: In mask pixels, at least 0.5 so that something is covered.

    Returns:
        A rectangle inside the mask and the (h, w) coverage in it; None where they do not meet.
    """
    reach = max(radius, 0.5)
    low = np.floor(np.minimum(start, end) - reach).astype(int)
    high = np.ceil(np.maximum(start, end) + reach).astype(int) + 1
    rect = Rect(int(low[0]), int(low[1]), int(high[0]), int(high[1])).clipped(shape)
    if rect.is_empty:
        return None
    x = np.arange(rect.x0, rect.x1, dtype=np.float32)[None, :] - np.float32(start[0])
    y = np.arange(rect.y0, rect.y1, dtype=np.float32)[:, None] - np.float32(start[1])
    dx, dy = np.float32(end[0] - start[0]), np.float32(end[1] - start[1])
    length_squared = dx * dx + dy * dy
    if length_squared > 0:
        along = np.clip((x * dx + y * dy) / length_squared, 0, 1)
        x, y = x - along * dx, y - along * dy
    return rect, x * x + y * y <= np.float32(reach * reach)


def polygon(shape: tuple[int, int], vertices: FloatArray) -> tuple[Rect, BoolArray] | None:
    """Return the pixels inside a closed polygon.

    Args:
        shape: (H, W) of the mask.
        vertices: (K, 2) corners in mask pixels, K >= 3; may lie outside the mask.

    Returns:
        A rectangle inside the mask and the (h, w) coverage in it; None where they do not meet.
    """
    low = np.floor(vertices.min(axis=0)).astype(int)
    high = np.ceil(vertices.max(axis=0)).astype(int) + 1
    rect = Rect(int(low[0]), int(low[1]), int(high[0]), int(high[1])).clipped(shape)
    if rect.is_empty:
        return None
    return rect, _inside(vertices, rect)


def polygon_runs(
    shape: tuple[int, int], vertices: FloatArray, *, most_crossings: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return what `polygon` covers as stretches of the flattened mask, without drawing it.

    Args:
        shape: (H, W) of the mask.
        vertices: (K, 2) corners in mask pixels, K >= 3; may lie outside the mask.
        most_crossings: Of edges with lines; each takes some 20 bytes for a moment.

    Returns:
        (R,) first positions ``v * W + u`` and (R,) positions behind the last, ascending.

    Raises:
        ValueError: There are more crossings.
    """
    width = shape[1]
    rect = Rect.whole(shape)
    count = int(_crossed_lines(vertices, rect).sum())
    if count > most_crossings:
        msg = f"its edges cross the photo's lines {count:,} times, more than any outline does"
        raise ValueError(msg)
    found = [line * (width + 1) + column for line, column in _crossings(vertices, rect)]
    # Each line is crossed an even number of times; between the first and second crossing is inside.
    ordered = np.sort(np.concatenate(found or [np.zeros(0, dtype=np.int64)]))
    first, behind = ordered[0::2], ordered[1::2]
    is_wide = behind > first
    first, behind = first[is_wide], behind[is_wide]
    return first - first // (width + 1), behind - first // (width + 1)


def _inside(vertices: FloatArray, rect: Rect) -> BoolArray:
    """Return the (h, w) pixels of a rectangle whose centres lie inside, by the even-odd rule.

    Every edge flips what lies to the right of its crossings with the lines; on a border that two
    polygons share each pixel belongs to exactly one of them.
    """
    height, width = rect.shape
    flips = np.zeros((height, width + 1), dtype=bool)
    for line, column in _crossings(vertices, rect):
        np.logical_xor.at(flips, (line - rect.y0, column - rect.x0), True)
    coverage: BoolArray = np.logical_xor.accumulate(flips, axis=1)[:, :-1]
    return coverage


def _crossings(
    vertices: FloatArray, rect: Rect
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield line and first column to the right of the crossings of edges with lines.

    A bounded number at a time. Columns left of the rectangle count as its first, those right of it
    as the one behind its last.
    """
    following = np.roll(vertices, -1, axis=0)
    falls = (vertices[:, 1] <= following[:, 1])[:, None]
    # From top to bottom, and in coordinates of the photo whatever the rectangle, so that the same
    # edge of two polygons has the same rounding errors.
    start, end = np.where(falls, vertices, following), np.where(falls, following, vertices)
    top = np.clip(np.ceil(start[:, 1]), rect.y0, rect.y1).astype(np.int64)
    every = _crossed_lines(vertices, rect)
    for some in _portions(every):
        lines = every[some]
        edge = np.repeat(np.arange(some.start, some.stop), lines)
        line = top[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(lines) - lines, lines)
        rise = (line - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
        crossing = start[edge, 0] + rise * (end[edge, 0] - start[edge, 0])
        yield line, np.clip(np.ceil(crossing), rect.x0, rect.x1).astype(np.int64)


def _portions(lines: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Yield edges in turn, as many at a time as cross a bounded number of lines together."""
    crossed = np.cumsum(lines)
    first = 0
    while first < len(lines):
        before = int(crossed[first] - lines[first])
        after = int(np.searchsorted(crossed, before + _CROSSINGS, side="right"))
        yield slice(first, max(after, first + 1))
        first = max(after, first + 1)


def _crossed_lines(vertices: FloatArray, rect: Rect) -> npt.NDArray[np.int64]:
    """Return how many lines of a rectangle each edge crosses."""
    ends = np.clip(np.ceil(vertices[:, 1]), rect.y0, rect.y1).astype(np.int64)
    lines: npt.NDArray[np.int64] = np.abs(np.roll(ends, -1) - ends)
    return lines
