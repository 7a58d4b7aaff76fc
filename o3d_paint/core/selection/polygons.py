"""Regions of a mask as closed polygons along the outer edges of their pixels.

Two readings of a polygon are in use, and both have to give back every pixel of the region and no
other: annotation tools measure its area (a corner lies anywhere in the picture), training code cuts
the decimals off and fills between the pixels that are left, those included. So each polygon runs
along the pixels' edges, a hundredth of a pixel inside of them. Holes are joined to the outline by
cuts of no width, so that one polygon says everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray

__all__ = ["region_polygons"]

_Corners = npt.NDArray[np.float64]
_Indexes = npt.NDArray[np.int64]

_INSET = 0.01  # pixels; survives seven digits and float32 in pictures 32768 pixels wide
_SPUR = 0.4  # pixels; a long way across a corner of four pixels has few roundings on its wrong side
_CUT = 0.25  # where a cut crosses a pixel: not its middle, where rasterisers sample
_RIGHT, _LEFT = 1, 3
# Sides of a pixel are 0 top, 1 right, 2 bottom, 3 left, walked with the region to the right.
_ALONG = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], dtype=np.int64)
_INWARD = np.roll(_ALONG, -1, axis=0)
_END = np.array([(1, 0), (1, 1), (0, 1), (0, 0)], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """Closed borders of a mask, one after the other, as sides of pixels in walking order.

    Attributes:
        pixels: (N, 2) x and y of the pixel within the region whose side it is.
        sides: (N,) which side.
        bounds: (R + 1,) where each ring begins.
        corners: (K, 2) of all rings.
        begins: (N + 1,) first corner that comes after a side has been walked.
    """

    pixels: _Indexes
    sides: _Indexes
    bounds: _Indexes
    corners: _Corners
    begins: _Indexes


def region_polygons(coverage: BoolArray) -> list[_Corners]:
    """Return one polygon for each 8-connected region.

    Args:
        coverage: (H, W) bool.

    Returns:
        (K, 2) x and y of the corners each, K >= 4, in pixels: that of column x and row y covers
        x to x + 1 and y to y + 1.
    """
    rings = _rings(np.pad(np.asarray(coverage, dtype=bool), 1))
    if rings is None:
        return []
    ring_of = np.repeat(np.arange(len(rings.bounds) - 1), np.diff(rings.bounds))
    x = rings.pixels[:, 0]
    width = np.where(rings.sides == _RIGHT, x + 1, np.where(rings.sides == _LEFT, -x, 0))
    is_hole = np.bincount(ring_of, weights=width) < 0
    cuts = _cuts(rings, is_hole[ring_of], ring_of)
    stops: dict[int, list[int]] = {}
    for stop in cuts:
        stops.setdefault(int(ring_of[stop]), []).append(stop)
    outers = rings.bounds[:-1][~is_hole].tolist()
    return [
        np.concatenate(list(_walk(rings, start, ring_of, stops, cuts=cuts))) for start in outers
    ]


def _rings(padded: BoolArray) -> _Rings | None:
    """Return the borders of a mask that has an empty frame; None where it is empty."""
    stride = padded.shape[1]
    flat = padded.ravel()
    steps = _ALONG @ np.array([1, stride])
    outward = -(_INWARD @ np.array([1, stride]))
    keys = []
    for number in range(4):
        keys.append(np.flatnonzero(flat & ~np.roll(flat, -outward[number])) * 4 + number)
    key = np.sort(np.concatenate(keys))
    if not len(key):
        return None
    pixel, side = np.divmod(key, 4)
    ahead = pixel + steps[side]
    diagonal = ahead + outward[side]
    goes_left, goes_on = flat[diagonal], flat[ahead]
    next_pixel = np.where(goes_left, diagonal, np.where(goes_on, ahead, pixel))
    turn = np.where(goes_left, -1, np.where(goes_on, 0, 1))
    order, bounds = _cycles(np.searchsorted(key, next_pixel * 4 + (side + turn) % 4))
    pixels = np.stack([pixel % stride - 1, pixel // stride - 1], axis=1)[order]
    side, turn = side[order], turn[order]
    corners, begins = _corners(pixels, side, turn, is_pinch=(goes_left & ~goes_on)[order])
    return _Rings(pixels, side, bounds, corners, begins)


def _cycles(following: _Indexes) -> tuple[_Indexes, _Indexes]:
    """Return the cycles of a permutation one after the other, and where each begins."""
    after = following.tolist()
    seen = bytearray(len(after))
    order: list[int] = []
    bounds = [0]
    for position in range(len(after)):
        if seen[position]:
            continue
        while not seen[position]:
            seen[position] = 1
            order.append(position)
            position = after[position]
        bounds.append(len(order))
    return np.array(order, dtype=np.int64), np.array(bounds, dtype=np.int64)


def _corners(
    pixels: _Indexes, sides: _Indexes, turns: _Indexes, *, is_pinch: BoolArray
) -> tuple[_Corners, _Indexes]:
    """Return the corners at the ends of sides, and how many come before each side's end.

    Where two pixels touch by a corner alone the way has two, one in each of them, and crosses from
    farther within: training code puts points between corners, and one that is rounded at the
    crossing itself would fall into a third pixel.
    """
    end = pixels + _END[sides]
    after = (sides + turns) % 4
    here, there = _INWARD[sides] - _ALONG[sides], _INWARD[after] + _ALONG[after]
    near = np.where(is_pinch[:, None], here, _INWARD[sides] + _INWARD[after])
    offsets = np.stack([_INSET * near, _SPUR * here, _SPUR * there, _INSET * there], axis=1)
    kept = np.stack([turns != 0, is_pinch, is_pinch, is_pinch], axis=1)
    begins = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return (end[:, None] + offsets)[kept], begins


def _cuts(rings: _Rings, in_hole: BoolArray, ring_of: _Indexes) -> dict[int, int]:
    """Return at which left side which hole hangs, by the right side at which it is entered.

    The leftmost side of every hole is joined to the border to its left in the same line. Whatever
    that border belongs to begins farther left, so that all hang at an outline in the end, and a
    horizontal cut crosses pixels of the region alone.
    """
    entries = np.flatnonzero(in_hole & (rings.sides == _RIGHT))
    entries = entries[np.lexsort((rings.pixels[entries, 0], ring_of[entries]))]
    entries = entries[np.unique(ring_of[entries], return_index=True)[1]]
    stride = int(rings.pixels[:, 0].max()) + 1
    place = rings.pixels[:, 1] * stride + rings.pixels[:, 0]
    lefts = np.flatnonzero(rings.sides == _LEFT)
    lefts = lefts[np.argsort(place[lefts])]
    hit = lefts[np.searchsorted(place[lefts], place[entries], side="right") - 1]
    return dict(zip(hit.tolist(), entries.tolist(), strict=True))


def _walk(
    rings: _Rings,
    start: int,
    ring_of: _Indexes,
    stops: dict[int, list[int]],
    *,
    cuts: dict[int, int],
) -> Iterator[_Corners]:
    """Yield the pieces of an outline with a detour around every hole."""
    waiting: list[_Corners | int] = [start]
    while waiting:
        item = waiting.pop()
        if isinstance(item, np.ndarray):
            yield item
            continue
        ring = int(ring_of[item])
        way = _round(rings, item, ring, stops.get(ring, []), cuts=cuts)
        door = [_crossing(rings, item)] if item != start else []
        waiting.extend(reversed([*door, *way, *door]))


def _round(
    rings: _Rings, start: int, ring: int, stops: list[int], *, cuts: dict[int, int]
) -> list[_Corners | int]:
    """Return the way once around a ring: corners, and holes to visit by their entry."""
    begin, end = int(rings.bounds[ring]), int(rings.bounds[ring + 1])
    first, last = int(rings.begins[begin]), int(rings.begins[end])
    entry = int(rings.begins[start])
    corners = np.roll(rings.corners[first:last], first - entry, axis=0)
    way: list[_Corners | int] = []
    done = 0
    for stop in sorted(stops, key=lambda stop: (stop - start) % (end - begin)):
        reached = (int(rings.begins[stop]) - entry) % (last - first)
        if stop < start and reached == 0:
            reached = last - first
        way += [corners[done:reached], _crossing(rings, stop), cuts[stop], _crossing(rings, stop)]
        done = reached
    way.append(corners[done:])
    return way


def _crossing(rings: _Rings, position: int) -> _Corners:
    """Return (1, 2): where a cut meets a left or right side."""
    x, y = rings.pixels[position].tolist()
    inset = 1 - _INSET if rings.sides[position] == _RIGHT else _INSET
    return np.array([[x + inset, y + _CUT]])
