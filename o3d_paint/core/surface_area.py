"""How much surface each point of a cloud stands for, whatever the density.

A point stands for its Voronoi cell among its neighbours on the local plane, bounded where the
surface ends; cells of a surface add up to its area however unevenly it is sampled. Where the
neighbourhood is not flat because points scatter by more than their spacing, the same is done with
a thinner and thinner cloud, whose neighbourhoods are larger, until it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.cells import Keys, Lattice

__all__ = ["surface_area"]

MAX_CELLS = 250_000
"""Larger clouds are thinned to this many points: seconds, and layers nearer to each other than
the side of so small a share of the area count as one: 2 cm of 100 m²."""
FINEST = 1e-4
"""Points nearer than this share of the extent are one."""
NEIGHBORS = 25
FAR_NEIGHBORS, FAR_LEVELS = 12, 3
FAR_SPACINGS = 1.5
"""Size of the voxels from which on further neighbours come, in local spacings."""
FEWEST_POINTS = 64
WORTH = 0.8
"""A thinner cloud is another level once it has at most this share of the points."""
WIDENING = 4.0
"""Where no level is flat, neighbourhoods grow up to so many times: beyond, things merge."""


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """A thinned cloud: one point in each voxel.

    Attributes:
        size: Side of the voxels.
        xyz: (L, 3) its points.
        of: (B,) which of them stands for each point of the first level.
        tree: Over ``xyz``.
    """

    size: float
    xyz: FloatArray
    of: Keys
    tree: cKDTree

    def neighbors(self, xyz: FloatArray, count: int) -> Keys:
        """Return (M, K) the nearest points, at most ``count``."""
        k = min(count, len(self.xyz))
        found = self.tree.query(xyz, k=k, workers=-1)[1]
        return np.asarray(found, dtype=np.int64).reshape(len(xyz), k)


@dataclass(slots=True, eq=False)
class _Found:
    """What is known of the points of the first level so far.

    Attributes:
        area: (B,) surface that each stands for.
        flatness: (B,) where that was measured.
        is_settled: (B,) whether it was flat enough there.
        radius: (B,) of the smallest neighbourhood.
        spacing: (B,) local spacing.
    """

    area: FloatArray
    flatness: FloatArray
    is_settled: BoolArray
    radius: FloatArray
    spacing: FloatArray


def surface_area(xyz: FloatArray) -> FloatArray:
    """Estimate (N,) how much surface each point stands for, in square scene units.

    What several photos see counts once. Sheets are told apart from about one and a half point
    spacings on, of large clouds from that of the thinned one on (see `MAX_CELLS`); points that
    scatter about a surface by more than that merge with it. Right to 4 % on planes and balls of
    2,000 points and more, whatever their density; where points scatter by as much as things are
    thick, figures of single classes are off by up to a quarter.

    Args:
        xyz: (N, 3) points.
    """
    if not len(xyz):
        return np.zeros(0)
    centered = xyz - xyz.min(axis=0)
    # So that neither the choice of points nor the result depends on the points' order.
    lottery = np.argsort(_mixed(xyz), kind="stable")
    low, high = np.percentile(centered[lottery[:MAX_CELLS]], [1, 99], axis=0)
    size = max(FINEST * float(np.linalg.norm(high - low)), 1e-300)
    picked, voxel, count = _thinned(centered, size, lottery)
    while len(picked) > MAX_CELLS:
        size *= max(1.15, (len(picked) / MAX_CELLS) ** 0.5)
        picked, voxel, count = _thinned(centered, size, lottery)
    if len(picked) < 3:
        return np.zeros(len(xyz))
    area = _areas(_levels(centered[picked], size))
    return np.asarray(area[voxel] / count[voxel])


def _levels(xyz: FloatArray, size: float) -> list[_Level]:
    """Return the cloud and ever thinner ones."""
    levels = [_Level(size, xyz, np.arange(len(xyz)), _tree(xyz))]
    lottery = np.argsort(_mixed(xyz), kind="stable")
    reach = float(np.ptp(xyz, axis=0).max())
    while len(levels[-1].xyz) > FEWEST_POINTS and size < reach:
        size *= 2
        picked, of, _ = _thinned(xyz, size, lottery)
        if len(picked) <= WORTH * len(levels[-1].xyz):
            levels.append(_Level(size, xyz[picked], of, _tree(xyz[picked])))
    return levels


def _areas(levels: list[_Level]) -> FloatArray:
    """Return (B,) the surface that each point of the first level stands for."""
    from o3d_paint.core.kernels.area import FLAT, cell_areas

    total = len(levels[0].xyz)
    found = _Found(
        np.zeros(total), np.full(total, np.inf), np.zeros(total, dtype=bool),
        np.zeros(total), np.zeros(total),
    )  # fmt: skip
    for number, level in enumerate(levels):
        points = np.unique(level.of[~found.is_settled])
        near = level.neighbors(level.xyz[points], NEIGHBORS)
        none = np.zeros((len(points), 0, 3)), np.zeros((len(points), 0))
        area, flatness, radius, spacing, is_open = cell_areas(level.xyz, points, near, *none)
        if not number:
            found.radius, found.spacing = radius, spacing
        for some, far in _further(levels, number, points, spacing, is_open, found.spacing):
            area[some] = cell_areas(level.xyz, points[some], near[some], *far)[0]
        members = np.bincount(level.of, minlength=len(level.xyz))
        place = np.zeros(len(level.xyz), dtype=np.int64)
        place[points] = np.arange(len(points))
        waiting = np.flatnonzero(~found.is_settled)
        at = place[level.of[waiting]]
        is_flat = flatness[at] < FLAT
        is_better = flatness[at] < found.flatness[waiting]
        is_better &= radius[at] <= WIDENING * found.radius[waiting]
        taken = is_flat | is_better | (number == 0)
        waiting, at = waiting[taken], at[taken]
        found.area[waiting] = area[at] / members[level.of[waiting]]
        found.flatness[waiting] = flatness[at]
        found.is_settled[waiting] = is_flat[taken]
        if found.is_settled.all():
            break
    return found.area


def _further(
    levels: list[_Level],
    number: int,
    points: Keys,
    spacing: FloatArray,
    is_open: BoolArray,
    base_spacing: FloatArray,
) -> list[tuple[Keys, tuple[FloatArray, FloatArray]]]:
    """Return further neighbours of points whose cells are open: the cloud may be thin there.

    Returns:
        Positions in ``points``; places and spacings of their further neighbours.
    """
    sizes = np.array([level.size for level in levels])
    first = np.maximum(np.searchsorted(sizes, FAR_SPACINGS * spacing), number + 1)
    groups: list[tuple[Keys, tuple[FloatArray, FloatArray]]] = []
    for start in np.unique(first[is_open]).tolist():
        some = np.flatnonzero(is_open & (first == start))
        wanted = levels[number].xyz[points[some]]
        places, spacings = [], []
        for level in levels[start : start + FAR_LEVELS]:
            near = level.neighbors(wanted, FAR_NEIGHBORS)
            mean = np.bincount(level.of, weights=base_spacing) / np.bincount(level.of)
            places.append(level.xyz[near])
            spacings.append(mean[near])
        if places:
            groups.append((some, (np.concatenate(places, 1), np.concatenate(spacings, 1))))
    return groups


def _thinned(
    xyz: FloatArray, size: float, lottery: Keys
) -> tuple[Keys, Keys, npt.NDArray[np.int64]]:
    """Return one point of each voxel, the voxel of each point, and the points in each voxel.

    Args:
        xyz: (N, 3) points.
        size: Side of the voxels.
        lottery: (N,) order in which points are preferred.
    """
    keys = Lattice.around(xyz, size, pad=0).keys(xyz)
    _, first, drawn, count = np.unique(
        keys[lottery], return_index=True, return_inverse=True, return_counts=True
    )
    voxel = np.zeros(len(xyz), dtype=np.int64)
    voxel[lottery] = drawn
    return lottery[first], voxel, count


def _mixed(xyz: FloatArray) -> npt.NDArray[np.uint64]:
    """Return (N,) numbers that depend on each point's place alone, as if drawn at random."""
    bits = np.ascontiguousarray(xyz + 0.0, dtype=np.float64).view(np.uint64)
    factors = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
    mixed: npt.NDArray[np.uint64] = (bits * factors).sum(axis=1, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(32))


def _tree(xyz: FloatArray) -> cKDTree:
    return cKDTree(xyz, balanced_tree=False, compact_nodes=False)
