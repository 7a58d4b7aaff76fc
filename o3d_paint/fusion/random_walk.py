"""The random walk: from every point to paint, along the surface, slowed by colour and creases.

Section 2 of `assets/docs/fusion.md`, after L. Grady, "Multilabel random walker image segmentation
using prior models" (2005), with seeds that are believed as far as their votes are, and a leak to
"nothing": for all classes at once (D + S + leak - W) x = s, equation (9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, row_sums
from o3d_paint.fusion.appearance import Looks, color_odds, normal_odds
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.node_votes import NodeVotes
from o3d_paint.fusion.solver import Levels, build_levels, inner_graph, solve

__all__ = ["UNREACHED", "Potentials", "walk"]

# Trust of a seed, against about 1 of an edge without contrast: of votes at a rim, and of votes well
# inside of strokes on which photos agree. Between .3 and 3 made scenes want less, real ones more.
_LEAST_TRUST, _MOST_TRUST = 0.01, 1.0
_TRUST_POWER, _AGREEMENT_POWER = 1.5, 2
# Votes from which on more do not count: one point that two photos show, or two that one shows.
_ENOUGH_VOTES = 2.0
# A label that was laid on points directly is no opinion: its node keeps it, to one in 10,000.
_FIXED_TRUST = 1e4
# How much votes must fit the colours and normals that their class has elsewhere.
_COLOR_POWER, _NORMAL_POWER = 0.7, 1.05
_FEW_VOTES = 3.0
# Seeds once more, each class weighed by the square of what the first solution gives it: strokes
# that ran over a border are contradicted by the insides of others.
_REVISION, _LEAST_SHARE = 2, 1e-3
# Pull of every node towards "nothing": labels reach some 60 nodes, where colour lets them.
_LEAK, _SLIGHT_LEAK = 3e-4, 1e-7
UNREACHED = 0.01
"""Sum of the potentials below which a node counts as not reached."""
_FLATTENED = 0.5
# At which at most one node in a thousand has another winner than the exact solution.
_TOLERANCE, _ITERATIONS = 2e-6, 1000
# Of the first solution, which only weighs seeds: three times coarser changes no winner.
_COARSER = 3


@dataclass(frozen=True, slots=True, eq=False)
class Potentials:
    """The solution of a walk, from which the next one may start.

    Attributes:
        class_ids: (C,) class ids.
        share: (M, C) float32 probability that a walk from a node ends at each class, given that it
            ends at one; rows sum to 1, or are 0 where there are no seeds at all.
        mass: (M,) float32 probability that it ends at a seed and not at "nothing".
        votes: The seeds.
        first: (M, C) float32 potentials before seeds were revised.
        near: (M, C) float32 potentials.
        far: (M, C) float32 potentials of nodes that are not reached; zero elsewhere.
    """

    class_ids: IdArray
    share: FloatArray
    mass: FloatArray
    votes: NodeVotes
    first: FloatArray
    near: FloatArray
    far: FloatArray


def walk(
    graph: Graph,
    votes: NodeVotes,
    *,
    warm: Potentials | None = None,
    tolerance: float = _TOLERANCE,
    iterations: int = _ITERATIONS,
) -> Potentials:
    """Solve for the potentials of all nodes.

    Args:
        graph: The graph of the scene.
        votes: The seeds.
        warm: An earlier solution over the same graph to start from; for the live view.
        tolerance: Residual, relative to that of nothing, at which the solver stops.
        iterations: Most steps of the solver.
    """
    odds = _odds(graph.looks, votes)
    start = None if warm is None else _columns(warm.first, warm.class_ids, votes.class_ids)
    stop = (tolerance, iterations)
    coarse = (_COARSER * tolerance, iterations)
    first = _solved(graph.levels, _seeds(votes, odds, None), _LEAK, start, coarse)
    share = _shares(first)
    seeds = _seeds(votes, odds, np.maximum(share, _LEAST_SHARE) ** _REVISION)
    start = first if warm is None else _columns(warm.near, warm.class_ids, votes.class_ids)
    near = _solved(graph.levels, seeds, _LEAK, start, stop)
    mass = row_sums(near)
    share = _shares(near)
    far = np.zeros_like(near)
    is_far = mass < UNREACHED
    if is_far.any() and not is_far.all():
        start = (
            None if warm is None else _columns(warm.far, warm.class_ids, votes.class_ids)[is_far]
        )
        far[is_far] = _carried_on(graph.levels, seeds[is_far], share, is_far, start, stop)
        share[is_far] = _shares(far[is_far])
    return Potentials(votes.class_ids, share, mass, votes, first, near, far)


def _odds(looks: Looks, votes: NodeVotes) -> FloatArray:
    """Return (M, C) float32: how much better than others each class fits what a node looks like."""
    total = row_sums(votes.trusted)[:, None]
    share: FloatArray = votes.trusted / np.maximum(total, _FEW_VOTES)
    odds = color_odds(looks, share, _COLOR_POWER)
    odds *= normal_odds(looks, share, _NORMAL_POWER)
    return odds


def _seeds(votes: NodeVotes, odds: FloatArray, revision: FloatArray | None) -> FloatArray:
    """Return (M, C) float32 s: what each node is pulled to, by how far it is believed.

    Equations (6) to (8) of `assets/docs/fusion.md`.
    """
    trusted = votes.trusted if revision is None else votes.trusted * revision
    total = row_sums(trusted)
    share = trusted / np.maximum(total, np.float32(1e-9))[:, None]
    believed = np.minimum(total / np.maximum(votes.counts, 1), 1) ** np.float32(_TRUST_POWER)
    agreement = share.max(axis=1, initial=0) ** _AGREEMENT_POWER
    enough = np.minimum(total / np.float32(_ENOUGH_VOTES), 1)
    trust = _LEAST_TRUST + (_MOST_TRUST - _LEAST_TRUST) * believed * agreement * enough
    seeds: FloatArray = (trust[:, None] * share * odds).astype(np.float32)
    seeds[votes.fixed] = np.float32(_FIXED_TRUST) * votes.laid
    return seeds


def _solved(
    levels: Levels,
    seeds: FloatArray,
    leak: float,
    start: FloatArray | None,
    stop: tuple[float, int],
) -> FloatArray:
    """Return the (M, C) potentials, none below 0."""
    pull = row_sums(seeds) + np.float32(leak)
    solution = solve(levels, pull, seeds, start=start, tolerance=stop[0], iterations=stop[1])
    return np.maximum(solution, 0)


def _shares(potentials: FloatArray) -> FloatArray:
    """Return rows divided by their sums; rows of nothing stay."""
    total = row_sums(potentials)[:, None]
    shares: FloatArray = potentials / np.where(total > 0, total, np.float32(1))
    return shares


def _columns(potentials: FloatArray, old: IdArray, new: IdArray) -> FloatArray:
    """Return potentials for other classes; those that it did not have start at nothing."""
    if np.array_equal(old, new):
        return potentials
    found = np.zeros((len(potentials), len(new)), dtype=np.float32)
    _, into, of = np.intersect1d(new, old, return_indices=True)
    found[:, into] = potentials[:, of]
    return found


def _carried_on(
    levels: Levels,
    seeds: FloatArray,
    share: FloatArray,
    far: BoolArray,
    start: FloatArray | None,
    stop: tuple[float, int],
) -> FloatArray:
    """Solve for nodes that are not reached, without the leak; all others hold, as a border.

    Equation (10) of `assets/docs/fusion.md`. Where every way is barred, how strongly says little:
    weights count by their roots there.

    Args:
        levels: The weighted graph.
        seeds: (F, C) of the nodes.
        share: (M, C) known shares.
        far: (M,) nodes to solve for, F of them.
        start: (F, C) an earlier solution.
        stop: Tolerance and most steps.

    Returns:
        (F, C) potentials.
    """
    flat = np.float32(_FLATTENED)
    indptr, indices, weights = inner_graph(levels, far)
    part = build_levels(indptr, indices, weights**flat)
    degree = np.diff(levels.indptr)
    edges = np.flatnonzero(np.repeat(far, degree) & ~far[levels.indices])
    rows = np.repeat(np.cumsum(far) - 1, degree)[edges]
    border = csr_array(
        (levels.weights[edges] ** flat, (rows, levels.indices[edges])),
        shape=(len(part.indptr) - 1, len(far)),
        dtype=np.float32,
    )
    pull = row_sums(seeds) + border.sum(axis=1) + np.float32(_SLIGHT_LEAK)
    sources = seeds + border @ share
    solution = solve(part, pull, sources, start=start, tolerance=stop[0], iterations=stop[1])
    return np.maximum(solution, 0)
