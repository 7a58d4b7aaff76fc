"""A cloud as small flat pieces of surface, each as large as its points are apart.

Where photos have no depth map these hide what lies behind them. A surfel (Pfister et al. 2000)
knows its slant, how far its own points spread off it, and where its points end, so that a floor
seen at a grazing angle does not hide itself and a sparse wall has no holes.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray

__all__ = ["Surfels", "build_surfels", "surfels_of"]

# Points of a block of two by two by two cells: with fewer a plane is chance.
_FEWEST = 12
# Standard deviation of points off a plane, in cells. A corner of 90 degrees has 0.2 and more.
_FLAT = 0.15
# The same along the narrower side: less is a line, which has no plane.
_BROAD = 0.15
# How many times the cell is doubled where points lie in no plane: noise up to two spacings.
_DOUBLINGS = 3
# Noise is as wide in larger cells; what spreads wider there fills space and is no surface.
_AS_NOISY = 2.0
# Points that spread wider off a plane are strays that happen to lie in one: in spacings of the
# whole cloud; where points are sparser than its usual ones by a factor, less, or in their own.
_WIDEST, _SPARSE, _WIDEST_SPARSE, _WIDEST_OWN = 10.0, 4.0, 2.0, 0.05
# Points belong to a plane within so many deviations.
_DEVIATIONS = 3.5
# Deviation that even exact points are taken to have, in spacings: rounding, and gentle curves.
_LEAST_DEVIATION = 0.02
# A plane of twice the size is the better one while its points spread no wider than this ratio.
_AS_FLAT, _AS_STRAIGHT = 1.3, 0.9
# Surface goes on beyond its outermost points by part of a spacing. Half of all points vote through
# a wall's rim or are hidden by it at .3; more takes votes of what is seen beside.
_MARGIN = 0.45
_FINEST = 4
_MOST_CELLS = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Surfels:
    """Flat pieces of surface.

    Attributes:
        center: (S, 3) float64 a place on each.
        axes: (S, 3, 3) float32 unit normal, sign arbitrary, and two axes in the plane, u and v.
        bounds: (S, 4, 2) float32 where it ends along u, v, u + v and u - v from the center.
        middle: (S, 2) float32 u and v of the middle of the points that gave the plane.
        variance: (S, 2) float32 of the distance of its points off the plane: of each, and what is
            added by the square of the distance from the middle.
    """

    center: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float32]
    bounds: npt.NDArray[np.float32]
    middle: npt.NDArray[np.float32]
    variance: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.center)


@dataclass(slots=True, eq=False)
class _Level:
    """Cells of one size: codes, points, and how they group into cells twice as large."""

    size: float
    codes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    parents: npt.NDArray[np.uint64]
    first: npt.NDArray[np.int64]

    @property
    def parent_of(self) -> npt.NDArray[np.int64]:
        """(K,) the parent of each cell."""
        return np.repeat(np.arange(len(self.parents)), np.diff(self.first))

    @property
    def points_of_parents(self) -> npt.NDArray[np.int64]:
        """(P,) how many points each parent has."""
        return np.diff(self.starts[self.first])


_KNOWN: dict[int, tuple[weakref.ref[FloatArray], Surfels]] = {}


def surfels_of(xyz: FloatArray, spacing: float) -> Surfels:
    """Return the surfels of a cloud, built once for each array that cannot change.

    Args:
        xyz: (N, 3) points.
        spacing: Median distance of a point to its nearest neighbour.
    """
    if xyz.flags.writeable:
        return build_surfels(xyz, spacing)
    known = _KNOWN.get(id(xyz))
    if known is not None and known[0]() is xyz:
        return known[1]
    surfels = build_surfels(xyz, spacing)
    for key in [k for k, (array, _) in list(_KNOWN.items()) if array() is None]:
        _KNOWN.pop(key, None)
    _KNOWN[id(xyz)] = weakref.ref(xyz), surfels
    return surfels


def build_surfels(xyz: FloatArray, spacing: float) -> Surfels:
    """Find the flat pieces of a cloud.

    Each point is looked at in the smallest cells whose blocks hold enough points for a plane, and
    in larger ones where they lie in none.

    Args:
        xyz: (N, 3) points.
        spacing: Median distance of a point to its nearest neighbour.
    """
    from o3d_paint.core.kernels.octree import coarser, codes_of
    from o3d_paint.core.kernels.surfels import fit_cells

    points = np.ascontiguousarray(xyz, dtype=np.float64)
    found: list[Surfels] = []
    if len(points) >= _FEWEST:
        low, size = points.min(axis=0), spacing / _FINEST
        size = max(size, float((points.max(axis=0) - low).max()) / _MOST_CELLS)
        low = low - 2 * size
        codes = codes_of(points, low, size)
        order = np.argsort(codes)
        level = _level(size, *coarser(codes[order], 0))
        fresh = np.ones(len(level.codes), dtype=bool)
        doublings = np.full(len(level.codes), -1, dtype=np.int8)
        noise = np.full(len(level.codes), np.inf)
        last: _Pieces | None = None
        while fresh.any() or (doublings >= 0).any() or last is not None:
            enough = (level.points_of_parents >= _FEWEST)[level.parent_of]
            active = (fresh & enough) | (doublings >= 0)
            wanted = active.copy()
            if last is not None:
                wanted[last.cells] = True
            state, plane = fit_cells(
                points, order, low, level.size, level.codes, level.starts, level.parents,
                level.first, wanted, _FEWEST, _FLAT, _BROAD,
            )  # fmt: skip
            if last is not None:
                found.append(last.with_larger_planes(state, plane, level.size))
            widest = np.minimum(_AS_NOISY * noise, _widest(plane[:, 0], level.size, spacing))
            is_flat = active & (state == 1) & (plane[:, 1] <= widest)
            last = _pieces(points, order, level, is_flat, plane)
            noise = np.where(active & (state == 2), np.minimum(noise, plane[:, 1]), noise)
            doublings = np.where(active & (state == 2), np.maximum(doublings, 0) + 1, -1)
            doublings[doublings > _DOUBLINGS] = -1
            left = fresh & ~enough & (state != 3)
            if last is not None:
                last.cells = level.parent_of[last.cells]
            fresh, doublings, noise = _handed_up(level, left, doublings, noise)
            if len(level.parents) < 2:
                break
            level = _level(2 * level.size, level.parents, level.starts[level.first])
        if last is not None:
            found.append(last.surfels())
    return _joined(found)


def _widest(count: FloatArray, size: float, spacing: float) -> FloatArray:
    """Return (K,) how far points may spread off a plane, by their number in a block of cells."""
    own = 2 * size / np.sqrt(np.maximum(count, 1))
    thin = np.maximum(_WIDEST_SPARSE * spacing, _WIDEST_OWN * own)
    widest: FloatArray = np.where(own > _SPARSE * spacing, thin, _WIDEST * spacing)
    return widest


def _handed_up(
    level: _Level, fresh: BoolArray, doublings: npt.NDArray[np.int8], noise: FloatArray
) -> tuple[BoolArray, npt.NDArray[np.int8], FloatArray]:
    """Return for the cells twice as large what those within them still have to do."""
    up, count = level.parent_of, len(level.parents)
    still, tries = np.zeros(count, dtype=bool), np.zeros(count, dtype=np.int8)
    still[up[fresh]] = True
    np.maximum.at(tries, up, (doublings + 1).astype(np.int8))
    least = np.full(count, np.inf)
    np.minimum.at(least, up, noise)
    least[tries == 0] = np.inf
    return still, tries - 1, least


def _level(size: float, codes: npt.NDArray[np.uint64], starts: npt.NDArray[np.int64]) -> _Level:
    from o3d_paint.core.kernels.octree import coarser

    return _Level(size, codes, starts, *coarser(codes, 3))


@dataclass(slots=True, eq=False)
class _Pieces:
    """The pieces of one size of cell before their planes are final."""

    cells: npt.NDArray[np.int64]
    center: FloatArray
    axes: FloatArray
    bounds: FloatArray
    base: FloatArray
    deviation: FloatArray
    count: FloatArray
    span: FloatArray

    def with_larger_planes(self, state: BoolArray, plane: FloatArray, size: float) -> Surfels:
        """Take the planes of blocks twice as large where these are as flat: they are surer."""
        own, of = plane[self.cells], self.axes[:, 0]
        least = _LEAST_DEVIATION * 2 * size / np.sqrt(np.maximum(own[:, 0], 1))
        normal = own[:, 5:8]
        along = np.einsum("ij,ij->i", normal, of)
        off = np.abs(np.einsum("ij,ij->i", normal, self.center - own[:, 2:5]))
        wider = np.maximum(self.deviation, own[:, 1])
        better = (state[self.cells] == 1) & (np.abs(along) > _AS_STRAIGHT)
        better &= own[:, 1] <= np.maximum(_AS_FLAT * self.deviation, least)
        better &= off <= _DEVIATIONS * wider
        self.axes[better, 0] = (normal * np.sign(along)[:, None])[better]
        self.base[better] = own[better, 2:5]
        self.count[better], self.span[better] = own[better, 0], 2 * size
        self.deviation[better] = np.maximum(own[:, 1], least)[better]
        return self.surfels()

    def surfels(self) -> Surfels:
        """Return the pieces as they are now."""
        normal, u = self.axes[:, 0], self.axes[:, 1]
        off = np.einsum("ij,ij->i", normal, self.center - self.base)
        center = self.center - off[:, None] * normal
        u = u - np.einsum("ij,ij->i", u, normal)[:, None] * normal
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        v = np.cross(normal, u)
        v *= np.sign(np.einsum("ij,ij->i", v, self.axes[:, 2]))[:, None]
        from_center = self.base - center
        middle = np.stack([np.einsum("ij,ij->i", a, from_center) for a in (u, v)], axis=1)
        square = self.deviation**2
        tilt = 12 * square / (self.count * self.span**2)
        return Surfels(
            center,
            np.stack([normal, u, v], axis=1).astype(np.float32),
            self.bounds.astype(np.float32),
            middle.astype(np.float32),
            np.stack([square * (1 + 1 / self.count), tilt], axis=1).astype(np.float32),
        )


def _pieces(
    xyz: FloatArray,
    order: npt.NDArray[np.int64],
    level: _Level,
    is_flat: BoolArray,
    plane: FloatArray,
) -> _Pieces | None:
    """Return a piece for each block that a flat cell took; None where there is none."""
    from o3d_paint.core.kernels.surfels import hulls

    cells = np.flatnonzero(is_flat)
    if not len(cells):
        return None
    # Cells of one block give the same plane: one of them is enough.
    cells = cells[np.unique(plane[cells, 2:5], axis=0, return_index=True)[1]]
    own = plane[cells]
    spacing = 2 * level.size / np.sqrt(own[:, 0])
    deviation = np.maximum(own[:, 1], _LEAST_DEVIATION * spacing)
    center, axes = own[:, 2:5].copy(), _axes(own[:, 5:8])
    bounds = hulls(
        xyz, order, level.codes, level.starts, level.parents, level.first, cells, center, axes,
        _DEVIATIONS * deviation,
    )  # fmt: skip
    margin = _MARGIN * spacing[:, None] * np.array([1, 1, np.sqrt(2), np.sqrt(2)])
    bounds[:, :, 0] -= margin
    bounds[:, :, 1] += margin
    span = np.full(len(cells), 2 * level.size)
    return _Pieces(cells, center, axes, bounds, center.copy(), deviation, own[:, 0].copy(), span)


def _axes(normal: FloatArray) -> FloatArray:
    """Return (S, 3, 3) each normal with two axes at right angles to it."""
    helper = np.eye(3)[np.abs(normal).argmin(axis=1)]
    u = np.cross(helper, normal)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    axes: FloatArray = np.stack([normal, u, np.cross(normal, u)], axis=1)
    return axes


def _joined(parts: list[Surfels]) -> Surfels:
    shapes: tuple[tuple[int, ...], ...] = ((3,), (3, 3), (4, 2), (2,), (2,))
    if not parts:
        kinds = (np.float64, *[np.float32] * 4)
        return Surfels(*(np.zeros((0, *s), dtype=k) for s, k in zip(shapes, kinds, strict=True)))
    names = ("center", "axes", "bounds", "middle", "variance")
    return Surfels(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))
