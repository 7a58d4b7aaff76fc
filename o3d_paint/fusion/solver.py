"""Potentials on a weighted graph: (D + pull - W) x = b for many columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IndexArray

__all__ = ["Levels", "build_levels", "solve"]

_COARSEST = 4
_MOST_LEVELS = 30
_LEAST_PULL = 1e-12


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
