"""Points sorted into cubic cells: the index behind ball votes and exact transfers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray

__all__ = ["Cells", "Keys", "Lattice", "may_be_near", "run_starts"]

Keys = npt.NDArray[np.int64]
"""Cell numbers, or positions in an array."""

_MAX_CELLS = 2**62
_MOST_CELLS = 2**20  # along an axis, where there would be too many
_MOST_ALONG = 4096
_MOST_MARKED = 2**24
_SLACK = 1.001  # more than rounding, of coordinates in float32 too


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """An axis-aligned lattice of cubic cells, padded so that neighbour numbers never wrap round.

    Points beyond its ends count to the outermost cells, so what is near stays in near cells.

    Attributes:
        origin: (3,) corner of cell (0, 0, 0) in world units.
        size: Edge of a cell in world units.
        shape: Cells along x, y and z, padding included.
        pad: Empty cells kept on every side: how far away a neighbour may be asked for.
    """

    origin: FloatArray
    size: float
    shape: tuple[int, int, int]
    pad: int

    @classmethod
    def around(cls, xyz: FloatArray, size: float, *, pad: int) -> Lattice:
        """Make the lattice that covers points (N, 3), with cells of edge `size`.

        Where a few points lie so far off that cells could not be numbered, it covers the middle.

        Raises:
            ValueError: `size` is not positive.
        """
        if not size > 0:
            msg = f"the size of a cell must be positive, got {size!r}"
            raise ValueError(msg)
        from o3d_paint.core.kernels.cells import bounds

        low, high = bounds(xyz) if len(xyz) else (np.zeros(3), np.zeros(3))
        if np.prod((high - low) / size + 1 + 2 * pad) >= _MAX_CELLS:
            reach = size * _MOST_CELLS / 2
            middle = np.clip(np.median(xyz, axis=0), low + reach, np.maximum(high - reach, low))
            low, high = np.maximum(low, middle - reach), np.minimum(high, middle + reach)
        cells = [int(n) + 1 + 2 * pad for n in np.floor((high - low) / size)]
        return cls(low, size, (cells[0], cells[1], cells[2]), pad)

    def keys(self, xyz: FloatArray) -> Keys:
        """Return the cell number of every point: (N, 3) -> (N,)."""
        from o3d_paint.core.kernels.cells import cell_keys

        keys: Keys = cell_keys(xyz, self.origin, self.size, self.pad, *self.shape)
        return keys

    def row_deltas(self, reach: int) -> Keys:
        """Return what to add to a cell number to reach the rows along z around it."""
        _, ny, nz = self.shape
        steps = np.arange(-reach, reach + 1, dtype=np.int64)
        return (steps[:, None] * (ny * nz) + steps[None, :] * nz).ravel()


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Points grouped by cell.

    Attributes:
        order: (N,) positions of the points, sorted by cell.
        keys: (K,) numbers of the occupied cells, ascending.
        starts: (K + 1,) where each cell begins in `order`.
    """

    order: Keys
    keys: Keys
    starts: Keys

    @classmethod
    def group(cls, keys: Keys) -> Cells:
        """Group points by their cell numbers (N,)."""
        order = np.argsort(keys)
        ordered = keys[order]
        begins = run_starts(ordered)
        return cls(order, ordered[begins[:-1]], begins)


def run_starts(*columns: npt.NDArray[np.integer]) -> Keys:
    """Return where runs of equal values begin in sorted columns, closed with the length."""
    length = len(columns[0])
    if not length:
        return np.zeros(1, dtype=np.int64)
    changes = np.zeros(length, dtype=bool)
    changes[0] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.append(np.flatnonzero(changes), length)


def may_be_near(xyz: FloatArray, others: FloatArray, distance: float) -> BoolArray:
    """Return (N,) whether a point may lie within a distance of any of some others (K, 3).

    Those that do are all among them, and some that do not: what is left is worth sorting.
    """
    from o3d_paint.core.kernels.cells import bounds, marked

    if not len(others):
        return np.zeros(len(xyz), dtype=bool)
    low, high = bounds(others)
    extent = high - low
    size = max(distance * _SLACK, float(extent.max()) / _MOST_ALONG)
    while np.prod(np.floor(extent / size) + 3) > _MOST_MARKED:
        size *= 1.2
    nx, ny, nz = (int(n) + 3 for n in np.floor(extent / size))
    found: BoolArray = marked(xyz, others, low, size, nx, ny, nz)
    return found
