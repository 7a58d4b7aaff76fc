"""The voxels of a cloud: cells of one global grid, as large as suits the number of points.

Cell corners are multiples of the step, so that tiles of one cloud have the same cells.
"""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.cells import Cells, Keys, Lattice
from o3d_paint.core.geometry import estimate_spacing, main_part

__all__ = ["grid_center", "voxels"]

_SAMPLE = 100_000
_MAX_CELLS = 2**62
_SIZES = 8
_MIXING = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
# A node that spans more spacings than this blurs what the photos resolve: on a street where 80,000
# nodes span 8.5 of them, 160,000 label .913 instead of .908; where they span 4.6, more lose .003.
_MOST_SPACINGS = 6.0
_MOST_FINER, _MOST_NODES = 4, 400_000


def voxels(xyz: FloatArray, nodes: int | None) -> tuple[float, Cells]:
    """Return the size of the voxels, and the points by voxel.

    About as many voxels as asked for; where nothing is, as many as suit the number of points, or
    more where these would span too many spacings.
    """
    wanted = nodes or target_nodes(len(xyz))
    size, cells = _voxels_by_number(xyz, wanted)
    if nodes is not None or len(xyz) < wanted * 2:
        return size, cells
    finest = _MOST_SPACINGS * estimate_spacing(xyz)
    most = min(_MOST_FINER * wanted, _MOST_NODES)
    if not 0 < finest < size or most <= wanted:
        return size, cells
    # Twice the voxels at 0.7 of the size: clouds are surfaces.
    finer = _stepped(max(finest, size * (len(cells.keys) / most) ** 0.5))
    return finer, Cells.group(_global_keys(xyz, finer))


def _global_keys(xyz: FloatArray, size: float) -> Keys:
    """Return (N,) cell numbers on the grid whose corners are multiples of its step."""
    from o3d_paint.core.kernels.cells import bounds
    from o3d_paint.fusion.kernels.graph import grid_keys

    low, high = bounds(xyz)
    first = np.floor(low / size).astype(np.int64)
    shape = np.floor(high / size).astype(np.int64) - first + 1
    if np.prod(shape.astype(np.float64)) >= _MAX_CELLS:
        return Lattice.around(xyz, size, pad=1).keys(xyz)
    keys: Keys = grid_keys(xyz, size, first, shape)
    return keys


def _voxels_by_number(xyz: FloatArray, nodes: int) -> tuple[float, Cells]:
    """Return the voxel size that gives about so many voxels, and the points by voxel."""
    from o3d_paint.core.kernels.cells import bounds

    if not len(xyz):
        return 1.0, Cells.group(np.zeros(0, dtype=np.int64))
    part = main_part(xyz)
    scene = xyz if part.is_all else xyz[part.holds(xyz)]
    lowest, highest = bounds(scene)
    extent = float(np.linalg.norm(highest - lowest)) or 1.0
    # Clouds are surfaces: four times the voxels at half the size.
    low, high = np.percentile(_sample(scene), [2, 98], axis=0)
    size = max(float(np.linalg.norm(high - low)), 1e-6 * extent) / np.sqrt(nodes)
    cells = None
    for _ in range(6):
        size = _stepped(size)
        cells = Cells.group(_global_keys(xyz, size))
        ratio = len(cells.keys) / nodes
        if 0.8 < ratio < 1.25 or len(cells.keys) == len(xyz) <= nodes:
            break
        size *= min(max(ratio**0.5, 0.25), 4.0)
    assert cells is not None
    return size, cells


def _sample(xyz: FloatArray) -> FloatArray:
    """Return some of the points, chosen by where they are: the same ones in whatever order."""
    step = len(xyz) // _SAMPLE
    if step < 2:
        return xyz
    bits = np.ascontiguousarray(xyz, dtype=np.float64).view(np.uint64)
    mixed = (bits * _MIXING).sum(axis=1, dtype=np.uint64) >> np.uint64(40)
    chosen: FloatArray = xyz[mixed % np.uint64(step) == 0]
    return chosen if len(chosen) else xyz


def _stepped(size: float) -> float:
    """Return the nearest of the sizes that a voxel may have: eight between one and its double.

    What is measured on samples differs by a little from one order of the points to another.
    """
    return float(2 ** (np.round(np.log2(size) * _SIZES) / _SIZES))


def grid_center(xyz: FloatArray, size: float) -> FloatArray:
    """Return (3,) the corner of the global grid that is nearest to the middle of the points."""
    from o3d_paint.core.kernels.cells import bounds

    if not len(xyz):
        return np.zeros(3)
    low, high = bounds(xyz)
    center: FloatArray = np.round((low + high) / 2 / size) * size
    return center


def target_nodes(num_points: int) -> int:
    """Return how many nodes suit a cloud: 80,000 at 0.9 million points, 300,000 at 12 million."""
    return max(1, min(num_points, int(80_000 * max(num_points / 880_000, 1.0) ** 0.5)))
