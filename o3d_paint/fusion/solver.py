"""Potentials on a weighted graph: (D + pull - W) x = b for many columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray

__all__ = ["Levels", "build_levels", "inner_graph", "solve"]

_COARSEST = 4
_MOST_LEVELS = 30
_LEAST_PULL = 1e-12
# A change of the seeds in one place is first solved for there: the nodes that hold all but eight
# times the residual that may be left, and what lies within so many edges. Seeds around keep it from
# going farther. Beyond that share of the nodes it saves nothing.
_LEFT, _RINGS, _MOST_LOCAL = 8.0, 6, 0.5
_LOCAL_TOLERANCE, _LOCAL_ITERATIONS = 0.03, 60


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A weighted graph and ever coarser copies of it, which carry changes over long ways at once.

    Attributes:
        indptr: (M + 1,) where each node's edges begin.
        indices: (E,) the other end of each edge.
        weights: (E,) float32, symmetric, positive.
        parents: (T,) int32, levels one after another: the node's parent, counted over all levels.
        starts: (L + 1,) where each level begins.
        conductance: (T,) float32 sum of the weights at each node of each level.
    """

    indptr: IndexArray
    indices: IndexArray
    weights: FloatArray
    parents: IndexArray
    starts: npt.NDArray[np.int64]
    conductance: FloatArray


def build_levels(indptr: IndexArray, indices: IndexArray, weights: FloatArray) -> Levels:
    """Coarsen a weighted graph by joining nodes in pairs along their strongest edges."""
    from o3d_paint.fusion.kernels.solver import coarsen, pair_up, row_sums

    conductance, parents, starts = [row_sums(indptr, weights)], [], [0, len(indptr) - 1]
    graph = indptr, indices, weights
    while len(conductance) < _MOST_LEVELS and len(conductance[-1]) > _COARSEST:
        parent, count = pair_up(*graph)
        if count == len(parent):
            break
        graph = coarsen(*graph, parent, count)
        parents.append(parent + np.int32(starts[-1]))
        conductance.append(row_sums(graph[0], graph[2]))
        starts.append(starts[-1] + count)
    parents.append(np.zeros(len(conductance[-1]), dtype=np.int32))
    return Levels(
        indptr,
        indices,
        weights,
        np.concatenate(parents),
        np.array(starts, dtype=np.int64),
        np.concatenate(conductance),
    )


def inner_graph(levels: Levels, chosen: BoolArray) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Return indptr, indices and weights of the edges between some of the nodes (M,)."""
    row_of = np.cumsum(chosen) - 1
    degree = np.diff(levels.indptr)
    edges = np.flatnonzero(np.repeat(chosen, degree))
    rows = np.repeat(np.arange(int(np.count_nonzero(chosen))), degree[chosen])
    ends = levels.indices[edges]
    inner = chosen[ends]
    indptr = np.zeros(int(np.count_nonzero(chosen)) + 1, dtype=levels.indptr.dtype)
    np.cumsum(np.bincount(rows[inner], minlength=len(indptr) - 1), out=indptr[1:])
    indices: IndexArray = row_of[ends[inner]].astype(levels.indices.dtype)
    weights: FloatArray = levels.weights[edges][inner]
    return indptr, indices, weights


def solve(
    levels: Levels,
    pull: FloatArray,
    b: FloatArray,
    *,
    start: FloatArray | None = None,
    tolerance: float,
    iterations: int,
) -> FloatArray:
    """Solve for the potential of each node.

    Args:
        levels: The weighted graph.
        pull: (M,) what is added to the diagonal: towards b, and towards nothing.
        b: (M, C) sources.
        start: (M, C) an earlier solution to start from.
        tolerance: Residual, relative to that of potentials of nothing, at which to stop. Where the
            diagonal is larger than the weights of a node's edges b counts only as far as it can
            pull its neighbours: a few nodes held fast must not make the rest look solved.
        iterations: Most steps.

    Returns:
        (M, C) float32.
    """
    from o3d_paint.fusion.kernels.solver import LANES, conjugate_gradients, sum_by

    num_nodes, num_columns = b.shape
    potentials = np.zeros((num_nodes, num_columns), dtype=np.float32)
    pulls = [np.maximum(pull, _LEAST_PULL).astype(np.float32)]
    starts = levels.starts
    for begin, end, after in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        parent = levels.parents[begin:end] - np.int32(end)
        pulls.append(sum_by(parent, int(after - end), pulls[-1]))
    diagonal = levels.conductance + np.concatenate(pulls)
    conductance = levels.conductance[:num_nodes]
    felt = np.minimum(conductance / np.maximum(pulls[0], np.float32(_LEAST_PULL)), 1)[:, None]
    if start is not None and num_columns:
        start = _mended(levels, diagonal[:num_nodes], b, start, felt, tolerance)
    for first in range(0, num_columns if num_nodes else 0, LANES):
        columns = slice(first, min(first + LANES, num_columns))
        sources, x = np.zeros((2, num_nodes, LANES), dtype=np.float32)
        sources[:, : columns.stop - first] = b[:, columns]
        if start is None:
            x[:] = sources / diagonal[:num_nodes, None]
        else:
            x[:, : columns.stop - first] = start[:, columns]
        conjugate_gradients(
            levels.indptr, levels.indices, levels.weights, diagonal[:num_nodes], sources,
            sources * felt, x,
            levels.parents, starts, np.float32(1) / diagonal, iterations, tolerance,
        )  # fmt: skip
        potentials[:, columns] = x[:, : columns.stop - first]
    return potentials


def _mended(
    levels: Levels,
    diagonal: FloatArray,
    b: FloatArray,
    start: FloatArray,
    felt: FloatArray,
    tolerance: float,
) -> FloatArray:
    """Return an earlier solution corrected where its residual is large, if that is in few places.

    Args:
        levels: The weighted graph.
        diagonal: (M,) of the system.
        b: (M, C) sources.
        start: (M, C) the earlier solution.
        felt: (M, 1) how far the sources count for the goal.
        tolerance: Of the goal.
    """
    from o3d_paint.fusion.kernels.solver import reached_within

    edges = csr_array((levels.weights, levels.indices, levels.indptr), shape=2 * (len(b),))
    residual = b + edges @ start - diagonal[:, None] * start
    goal = (np.square(b * felt) / diagonal[:, None]).sum(axis=0, dtype=np.float64)
    excess = np.square(residual) / diagonal[:, None] / np.maximum(goal, 1e-30)
    largest = excess.max(axis=1)
    order = np.argsort(largest)
    small = np.searchsorted(np.cumsum(largest[order]), (_LEFT * tolerance) ** 2)
    chosen = reached_within(levels.indptr, levels.indices, order[small:], _RINGS)
    count = int(np.count_nonzero(chosen))
    if not 0 < count <= _MOST_LOCAL * len(b):
        return start
    part = build_levels(*inner_graph(levels, chosen))
    pull = diagonal[chosen] - part.conductance[:count]
    correction = solve(
        part, pull, residual[chosen], tolerance=_LOCAL_TOLERANCE, iterations=_LOCAL_ITERATIONS
    )
    mended = start.copy()
    mended[chosen] += correction
    return mended
