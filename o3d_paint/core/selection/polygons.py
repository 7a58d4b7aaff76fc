"""Regions of a mask as closed polygons through pixel centres.

Holes are joined to the outline by cuts of no width, so that one polygon says everything: filling it
(even-odd, its line included) gives back every pixel of the region and no other.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray

__all__ = ["region_polygons"]

_Pixels = npt.NDArray[np.int32]
_Place = tuple[int, int]  # a contour, and a position along it


def region_polygons(coverage: BoolArray) -> list[_Pixels]:
    """Return one polygon for each 8-connected region.

    Args:
        coverage: (H, W) bool.

    Returns:
        (K, 2) x and y of the corners each, K >= 1: a region of one pixel has one corner.
    """
    inside = np.ascontiguousarray(coverage, dtype=np.uint8)
    contours, hierarchy = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return []
    chains = [np.asarray(c[:, 0], dtype=np.int32) for c in contours]
    parents = hierarchy[0, :, 3]
    holes_of: dict[int, list[int]] = {}
    for position, parent in enumerate(parents):
        if parent >= 0:
            holes_of.setdefault(int(parent), []).append(position)
    polygons = []
    for outer in np.flatnonzero(parents < 0):
        holes = holes_of.get(int(outer), [])
        chain = chains[outer]
        if holes:
            cuts = _cuts(chains, int(outer), holes, inside=inside)
            chain = np.concatenate(list(_walk(chains, int(outer), cuts)))
        polygons.append(_corners(chain))
    return polygons


def _cuts(
    chains: list[_Pixels], outer: int, holes: list[int], *, inside: npt.NDArray[np.uint8]
) -> dict[_Place, list[_Place]]:
    """Return which holes hang at which place, and where each is entered.

    From its leftmost pixel every hole is joined to the border that lies to its left in the same
    line. Whatever that border belongs to begins farther left, so that all hang at the outline in
    the end, and a horizontal cut crosses pixels of the region alone.
    """
    places: dict[_Place, _Place] = {}
    starts = {hole: int(chains[hole][:, 0].argmin()) for hole in holes}
    order = sorted(holes, key=lambda hole: int(chains[hole][starts[hole], 0]))
    _note(places, chains, outer)
    cuts: dict[_Place, list[_Place]] = {}
    for hole in order:
        x, y = (int(v) for v in chains[hole][starts[hole]])
        outside = np.flatnonzero(inside[y, :x] == 0)
        border = int(outside[-1]) + 1 if len(outside) else 0
        cuts.setdefault(places[border, y], []).append((hole, starts[hole]))
        _note(places, chains, hole)
    return cuts


def _note(places: dict[_Place, _Place], chains: list[_Pixels], chain: int) -> None:
    """Note where each pixel of a contour lies along it."""
    for position, (x, y) in enumerate(chains[chain].tolist()):
        places.setdefault((x, y), (chain, position))


def _walk(chains: list[_Pixels], outer: int, cuts: dict[_Place, list[_Place]]) -> Iterator[_Pixels]:
    """Yield the pieces of the outline with a detour around every hole."""
    stops: dict[int, list[int]] = {}
    for chain, position in cuts:
        stops.setdefault(chain, []).append(position)
    waiting: list[_Pixels | _Place] = [(outer, 0)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, np.ndarray):
            yield item
        else:
            waiting.extend(reversed(_round(chains, item, stops.get(item[0], []), cuts=cuts)))


def _round(
    chains: list[_Pixels],
    place: _Place,
    stops: list[int],
    *,
    cuts: dict[_Place, list[_Place]],
) -> list[_Pixels | _Place]:
    """Return the way once around a contour, back to where it starts: pixels, and holes to visit."""
    chain, start = place
    pixels = np.roll(chains[chain], -start, axis=0)
    count = len(pixels)
    way: list[_Pixels | _Place] = []
    done = 0
    for stop in sorted((position - start) % count for position in stops):
        way.append(pixels[done : stop + 1])
        for hole in cuts[chain, (stop + start) % count]:
            way += [hole, pixels[stop : stop + 1]]
        done = stop + 1
    way += [pixels[done:], pixels[:1]]
    return way


def _corners(chain: _Pixels) -> _Pixels:
    """Return a closed chain without the pixels at which it goes straight on."""
    if len(chain) > 1:
        chain = chain[(chain != np.roll(chain, 1, axis=0)).any(axis=1)]
    arriving = chain - np.roll(chain, 1, axis=0)
    leaving = np.roll(chain, -1, axis=0) - chain
    cross = arriving[:, 0] * leaving[:, 1] - arriving[:, 1] * leaving[:, 0]
    straight = (cross == 0) & ((arriving * leaving).sum(axis=1) > 0)
    return np.asarray(chain[~straight], dtype=np.int32)
