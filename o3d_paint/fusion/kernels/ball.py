"""Compiled loops of the ball vote; import late (numba).

A cell whose whole neighbourhood already decides the vote needs no distances: votes of cells that
lie inside the ball for sure, and of those that may touch it, bound the outcome. Bounds use the
same floating-point operations as the distances, and rounding is monotone, so they are exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["vote_cells"]

NONE, UNDECIDED = -1, -2


@kernel
def _decide(sure: Ints, maybe: Ints, seen: Ints, num_seen: int, least: int) -> int:
    """Return the class that wins whatever the undecided votes say, NONE, or UNDECIDED."""
    total_sure, total_maybe, best = 0, 0, -1
    for j in range(num_seen):
        c = seen[j]
        total_sure += sure[c]
        total_maybe += maybe[c]
        if best < 0 or sure[c] > sure[best] or (sure[c] == sure[best] and c < best):
            best = c
    if total_sure + total_maybe < least:
        return NONE
    if total_sure < least:
        return UNDECIDED
    for j in range(num_seen):
        c = seen[j]
        rival = sure[c] + maybe[c]
        if c != best and (rival > sure[best] or (rival == sure[best] and c < best)):
            return UNDECIDED
    return best


@kernel
def _reach(low: FloatArray, high: FloatArray, other_low: FloatArray, other_high: FloatArray) -> Any:
    """Return the smallest and largest squared distance between points of two boxes (3,)."""
    least, most = 0.0, 0.0
    for a in range(3):
        gap = max(other_low[a] - high[a], low[a] - other_high[a], 0.0)
        span = max(other_high[a] - low[a], high[a] - other_low[a])
        least += gap * gap
        most += span * span
    return least, most


@kernel
def _move(
    cell: int,
    sign: int,
    counts: Ints,
    seen: Ints,
    num_seen: int,
    marks: Ints,
    run_starts: Ints,
    cell_runs: Ints,
    run_class: Ints,
) -> int:
    """Add (or take away) the votes of a whole cell; return how many classes were seen by now."""
    for run in range(cell_runs[cell], cell_runs[cell + 1]):
        c = run_class[run]
        counts[c] += sign * (run_starts[run + 1] - run_starts[run])
        if marks[c] == 0:
            marks[c] = 1
            seen[num_seen] = c
            num_seen += 1
    return num_seen


@kernel
def _count(
    point: FloatArray,
    cell: int,
    squared_radius: float,
    sure: Ints,
    maybe: Ints,
    xyz: FloatArray,
    run_starts: Ints,
    cell_runs: Ints,
    run_class: Ints,
) -> None:
    """Turn the possible votes of one cell into votes by measuring every point."""
    for run in range(cell_runs[cell], cell_runs[cell + 1]):
        inside = 0
        for i in range(run_starts[run], run_starts[run + 1]):
            dx = xyz[i, 0] - point[0]
            dy = xyz[i, 1] - point[1]
            dz = xyz[i, 2] - point[2]
            if dx * dx + dy * dy + dz * dz <= squared_radius:
                inside += 1
        c = run_class[run]
        sure[c] += inside
        maybe[c] -= run_starts[run + 1] - run_starts[run]


@kernel
def _vote_point(
    point: FloatArray,
    near: Ints,
    num_near: int,
    squared_radius: float,
    least_votes: int,
    sure: Ints,
    maybe: Ints,
    seen: Ints,
    num_seen: int,
    marks: Ints,
    low: FloatArray,
    high: FloatArray,
    xyz: FloatArray,
    run_starts: Ints,
    cell_runs: Ints,
    run_class: Ints,
    open_cells: Ints,
) -> int:
    """Return the winner of one point; `sure` and `maybe` are its own to change."""
    num_open = 0
    for j in range(num_near):
        cell = near[j]
        least, most = _reach(point, point, low[cell], high[cell])
        if least > squared_radius or most <= squared_radius:
            _move(cell, -1, maybe, seen, num_seen, marks, run_starts, cell_runs, run_class)
            if most <= squared_radius:
                _move(cell, 1, sure, seen, num_seen, marks, run_starts, cell_runs, run_class)
        else:
            open_cells[num_open] = cell
            num_open += 1
    winner = _decide(sure, maybe, seen, num_seen, least_votes)
    for j in range(num_open):
        if winner != UNDECIDED:
            break
        _count(
            point, open_cells[j], squared_radius, sure, maybe, xyz, run_starts, cell_runs, run_class
        )
        winner = _decide(sure, maybe, seen, num_seen, least_votes)
    return winner


@kernel
def vote_cells(
    first: int,
    last: int,
    query_keys: Ints,
    query_starts: Ints,
    query_xyz: FloatArray,
    keys: Ints,
    low: FloatArray,
    high: FloatArray,
    xyz: FloatArray,
    run_starts: Ints,
    cell_runs: Ints,
    run_class: Ints,
    num_classes: int,
    row_deltas: Ints,
    reach: int,
    squared_radius: float,
    least_votes: int,
    winners: Ints,
) -> None:
    """Vote for the queries of cells `first` to `last`; write dense class numbers or NONE.

    Queries and voters are sorted by cell, voters also by class within it (runs). The rows of
    cells around a query cell move forward with it, so finding neighbours takes no search.
    """
    sure, maybe = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    own_sure, own_maybe = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    seen, marks = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    near = np.zeros((2 * reach + 1) ** 3, np.int64)
    open_cells = np.zeros(len(near), np.int64)
    cursors = np.searchsorted(keys, query_keys[first] + row_deltas - reach)
    box_low, box_high = np.zeros(3), np.zeros(3)
    for q in range(first, last):
        for a in range(3):
            column = query_xyz[query_starts[q] : query_starts[q + 1], a]
            box_low[a], box_high[a] = column.min(), column.max()
        num_near, num_seen = 0, 0
        for row in range(len(row_deltas)):
            start = query_keys[q] + row_deltas[row] - reach
            cell = cursors[row]
            while cell < len(keys) and keys[cell] < start:
                cell += 1
            cursors[row] = cell
            while cell < len(keys) and keys[cell] <= start + 2 * reach:
                least, most = _reach(box_low, box_high, low[cell], high[cell])
                if most <= squared_radius:
                    num_seen = _move(
                        cell, 1, sure, seen, num_seen, marks, run_starts, cell_runs, run_class
                    )
                elif least <= squared_radius:
                    num_seen = _move(
                        cell, 1, maybe, seen, num_seen, marks, run_starts, cell_runs, run_class
                    )
                    near[num_near] = cell
                    num_near += 1
                cell += 1
        winner = _decide(sure, maybe, seen, num_seen, least_votes)
        for i in range(query_starts[q], query_starts[q + 1]):
            if winner == UNDECIDED:
                for j in range(num_seen):
                    own_sure[seen[j]], own_maybe[seen[j]] = sure[seen[j]], maybe[seen[j]]
                winners[i] = _vote_point(
                    query_xyz[i], near, num_near, squared_radius, least_votes, own_sure, own_maybe,
                    seen, num_seen, marks, low, high, xyz, run_starts, cell_runs, run_class,
                    open_cells,
                )  # fmt: skip
            else:
                winners[i] = winner
        for j in range(num_seen):
            sure[seen[j]] = maybe[seen[j]] = marks[seen[j]] = 0
