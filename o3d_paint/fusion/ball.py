"""The ball vote: labelled points around an unlabelled one decide by majority.

Method and defaults after F. Poux, "3D point cloud labeling in Python" (3D Geodata Academy):
a ball query around every unlabelled point among the labelled ones. The labels are exactly those
of a KD-tree with `query_ball_point`; the way to them needs no list of neighbours, so that memory
does not grow with how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.cells import Cells, Keys, Lattice, may_be_near, run_starts
from o3d_paint.core.progress import Progress

__all__ = ["ball_vote"]

_CELLS_PER_RADIUS = 3
_ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Voters:
    """Labelled points sorted by cell, and by class within a cell.

    Attributes:
        xyz: (L, 3) their places.
        runs: (R + 1,) where runs of one class in one cell begin.
        run_class: (R,) the class of a run, as a position in `class_ids`.
        keys: (K,) cell numbers, ascending.
        cell_runs: (K + 1,) the first run of each cell.
        class_ids: (C,) class ids, ascending.
    """

    xyz: FloatArray
    runs: Keys
    run_class: Keys
    keys: Keys
    cell_runs: Keys
    class_ids: IdArray

    @classmethod
    def sort(cls, lattice: Lattice, xyz: FloatArray, labels: IdArray) -> _Voters:
        """Sort labelled points (L, 3) with their class ids (L,)."""
        class_ids, dense = np.unique(labels, return_inverse=True)
        keys = lattice.keys(xyz)
        order = np.lexsort((dense, keys))
        keys, dense = keys[order], dense[order]
        runs, cells = run_starts(keys, dense), run_starts(keys)
        return cls(
            xyz[order],
            runs,
            dense[runs[:-1]],
            keys[cells[:-1]],
            np.searchsorted(runs, cells),
            class_ids,
        )


def ball_vote(
    xyz: FloatArray,
    labels: IdArray,
    *,
    radius: float,
    min_neighbors: int = 3,
    batch_size: int = 100_000,
    progress: Progress | None = None,
) -> IdArray:
    """Label unlabelled points by the majority of labelled points within a radius.

    Args:
        xyz: (N, 3) points in scene units.
        labels: (N,) class ids, 0 where unlabelled; labelled points keep theirs.
        radius: Largest distance of a voter, inclusive, in scene units.
        min_neighbors: Fewest voters; with fewer a point stays unlabelled.
        batch_size: Points voted on between two reports of progress; labels do not depend on it.
        progress: Told how far it is.

    Returns:
        (N,) labels; of equal votes the lowest class wins.

    Raises:
        ValueError: A parameter is not positive, or the arrays differ in length.
    """
    if len(xyz) != len(labels):
        msg = f"xyz and labels differ in length: {len(xyz)} and {len(labels)}"
        raise ValueError(msg)
    if not radius > 0 or min_neighbors < 1 or batch_size < 1:
        found = f"radius {radius!r}, min_neighbors {min_neighbors!r}, batch_size {batch_size!r}"
        msg = f"radius, min_neighbors and batch_size must be positive, got {found}"
        raise ValueError(msg)
    fused: IdArray = labels.astype(np.uint16)
    labelled = np.flatnonzero(labels)
    if len(labelled) < min_neighbors or len(labelled) == len(labels):
        return fused
    lattice = Lattice.around(xyz, radius / _CELLS_PER_RADIUS * _ROUNDING, pad=_CELLS_PER_RADIUS)
    voters_xyz = xyz[labelled]
    voters = _Voters.sort(lattice, voters_xyz, fused[labelled])
    unlabelled = np.flatnonzero(may_be_near(xyz, voters_xyz, radius) & (labels == 0))
    asked = Cells.group(lattice.keys(xyz[unlabelled]))
    unlabelled = unlabelled[asked.order]
    winners = _vote(lattice, voters, asked, xyz[unlabelled], radius, min_neighbors, batch_size,
                    progress)  # fmt: skip
    won = winners >= 0
    fused[unlabelled[won]] = voters.class_ids[winners[won]]
    return fused


def _vote(
    lattice: Lattice,
    voters: _Voters,
    asked: Cells,
    query_xyz: FloatArray,
    radius: float,
    min_neighbors: int,
    batch_size: int,
    progress: Progress | None,
) -> Keys:
    """Return (Q,) winners as positions in `class_ids`, -1 for none; queries sorted by cell."""
    from o3d_paint.core.kernels.cells import cell_boxes
    from o3d_paint.fusion.kernels.ball import vote_cells

    low, high = cell_boxes(voters.xyz, voters.runs[voters.cell_runs])
    deltas = lattice.row_deltas(_CELLS_PER_RADIUS)
    winners = np.full(len(query_xyz), -1, dtype=np.int64)
    first, num_cells = 0, len(asked.keys)
    while first < num_cells:
        full = np.searchsorted(asked.starts, asked.starts[first] + batch_size, side="right")
        last = min(max(int(full) - 1, first + 1), num_cells)
        vote_cells(
            first, last, asked.keys, asked.starts, query_xyz,
            voters.keys, low, high, voters.xyz, voters.runs, voters.cell_runs, voters.run_class,
            len(voters.class_ids), deltas, _CELLS_PER_RADIUS, radius * radius, min_neighbors,
            winners,
        )  # fmt: skip
        first = last
        if progress is not None:
            progress(float(asked.starts[first] / len(query_xyz)), "voting")
    return winners
