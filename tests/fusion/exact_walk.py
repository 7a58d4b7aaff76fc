"""The walk as its written page has it, in double precision, by SciPy's direct solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.fusion.appearance import color_odds, normal_odds
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.node_votes import NodeVotes
from tests.fusion.written import written


@dataclass(frozen=True)
class ExactWalk:
    """What equations (6) to (10) give.

    Attributes:
        first: (M, C) potentials before seeds are revised.
        near: (M, C) potentials after that.
        far: (M, C) those of unreached nodes, 0 elsewhere.
        unreached: (M,) which those are.
        share: (M, C) of each class in its node, by `far` where it is unreached.
    """

    first: FloatArray
    near: FloatArray
    far: FloatArray
    unreached: BoolArray
    share: FloatArray


def exact_walk(graph: Graph, seen: NodeVotes, *, carried_on: bool = True) -> ExactWalk:
    """Solve the equations of the page with its numbers.

    Args:
        graph: The graph.
        seen: The votes.
        carried_on: Whether equation (10) is solved too.
    """
    few, color, normal = written("as v_ic / max(Σ_c v_ic, #):") + written(
        "(p_c(colour of i) / mean p)^# · (p_c(normal of i) / mean p)^#"
    )
    (leak,) = written("ℓ = # the leak")
    (least, revision) = written("v_ic ← v_ic · max(x_ic / m_i, #)^#")
    (reached,) = written("Where m_i < #:")
    (slight,) = written("(D′ + S + # I − W′)")
    weights = graph.levels.weights.astype(np.float64)
    edges = csr_array((weights, graph.indices, graph.indptr), shape=2 * (len(graph),))
    votes = seen.trusted.astype(np.float64)
    counted = (votes / np.maximum(votes.sum(axis=1, keepdims=True), few)).astype(np.float32)
    odds = color_odds(graph.looks, counted).astype(np.float64) ** color
    odds *= normal_odds(graph.looks, counted).astype(np.float64) ** normal
    first = _potentials(edges, _seeds(seen, votes, odds), leak)
    seeds = _seeds(seen, votes * np.maximum(_shares(first), least) ** revision, odds)
    near = _potentials(edges, seeds, leak)
    unreached = near.sum(axis=1) < reached
    share, far = _shares(near), np.zeros_like(near)
    if carried_on and unreached.any() and not unreached.all():
        edges.data **= 0.5
        border = edges[unreached][:, ~unreached]
        far[unreached] = _potentials(
            edges[unreached][:, unreached],
            seeds[unreached] + border @ share[~unreached],
            slight,
            seeds[unreached].sum(axis=1) + border.sum(axis=1),
        )
        share[unreached] = _shares(far[unreached])
    return ExactWalk(first, near, far, unreached, share)


def _seeds(seen: NodeVotes, votes: FloatArray, odds: FloatArray) -> FloatArray:
    """Return (M, C) s of equations (6) to (8)."""
    low, high, believed, agreed, enough = written(
        "t_i = # + (# − 0.01) · (Σ_c v_ic / n_i)^# · (max_c y_ic)^# · min(Σ_c v_ic / #, 1)"
    )
    (fixed,) = written("s_ic = # · share of c there")
    total = votes.sum(axis=1)
    y = _shares(votes)
    trust = (total / np.maximum(seen.counts, 1)) ** believed * y.max(axis=1) ** agreed
    trust = low + (high - low) * trust * np.minimum(total / enough, 1)
    seeds = (trust * (total > 0))[:, None] * y * odds
    seeds[seen.fixed] = fixed * seen.laid
    return seeds


def _potentials(
    edges: csr_array, sources: FloatArray, leak: float, pull: FloatArray | None = None
) -> FloatArray:
    """Return x of (D + pull + leak - W) x = sources; pull is the sum of the sources by default."""
    pull = sources.sum(axis=1) if pull is None else pull
    degree = np.asarray(edges.sum(axis=1)).ravel()
    solution: FloatArray = splu((diags_array(degree + pull + leak) - edges).tocsc()).solve(sources)
    return solution


def _shares(rows: FloatArray) -> FloatArray:
    total = rows.sum(axis=1, keepdims=True)
    shares: FloatArray = rows / np.where(total > 0, total, 1)
    return shares
