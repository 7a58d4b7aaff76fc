"""The random walker: labels travel along the surface like heat, slowed by colour and creases.

Strokes are the sources of heat, and soft ones: a stroke that disagrees with its surroundings is
outvoted. After L. Grady, "Random walks for image segmentation" (2006), with soft seeds: for all
classes at once, (D + trust + leak - W) x = trust * y.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.fusion.appearance import Looks, color_odds, normal_odds
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.solver import Levels, build_levels, solve

__all__ = [
    "NodeVotes",
    "Solution",
    "Spread",
    "WalkerSettings",
    "count_votes",
    "credible",
    "edge_weights",
    "walk",
]

_FULL_VOTES = 3.0
_RIM_POWER = 3
_LAYER_VOTES = 1000.0
_FLOOR = 1e-6
_BRIDGE = 3e-3
_BENT = 1.5
_UNREACHED = 0.01
_SLIGHT_LEAK = 1e-7
_ITERATIONS = 48
# On larger graphs heat has farther to go: surfaces are as wide as the root of their nodes.
_USUAL_NODES = 80_000
_WARM_ITERATIONS = 5
_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkerSettings:
    """What slows labels down and how far a stroke is trusted.

    Attributes:
        color_scale: Colour difference (CIE Lab, lightness scaled down) that slows labels by 1/e.
        crease_scale: Bend, as 1 - |cosine| of the normals, that slows labels by 1/e.
        trust: Pull of a stroke on its node; an edge without contrast pulls with about 1.
        appearance: How much a vote must fit the colours and normals of its class: 0 not at all.
        leak: Pull of every node towards "nothing", which limits how far labels reach.
    """

    color_scale: float = 4.0
    crease_scale: float = 0.2
    trust: float = 0.01
    appearance: float = 0.5
    leak: float = 3e-4


@dataclass(frozen=True, slots=True, eq=False)
class PhotoCount:
    """The votes of one photo by node.

    Attributes:
        version: Number of its votes; None where unnumbered.
        nodes: (T,) nodes that have votes, each once.
        counts: (T, C) float32 votes.
    """

    version: int | None
    nodes: npt.NDArray[np.int64]
    counts: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class NodeVotes:
    """Votes of the photos, and labels laid directly, gathered by node.

    Attributes:
        class_ids: (C,) ids that have votes, ascending.
        counts: (M, C) float32 votes.
        photos: (N,) uint8 photos that voted on each point, 255 for more.
        by_photo: Of each photo, so that the next count need not repeat those that stay.
    """

    class_ids: IdArray
    counts: FloatArray
    photos: npt.NDArray[np.uint8]
    by_photo: tuple[PhotoCount, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What the solver came to from a cold start, and what it left over.

    Attributes:
        heat: (M, C) float32.
        rest: (M, C) float32 sources less those that would give this heat exactly. The next solution
            may leave as much, so that a stroke changes what lies around it and nothing else.
    """

    heat: FloatArray
    rest: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The solution of a walk, from which the next one may start.

    Attributes:
        class_ids: (C,) class ids.
        heat: (M, C) float32: how strongly each class reaches each node; rows sum to 1 at most.
        usual: Median heat of all classes together where somebody painted.
        settings: The settings that `levels` were made with.
        levels: The weighted graph.
        votes: What spread.
        near: As solved with the leak.
        far: As solved without, for nodes that hardly any heat reaches; zero elsewhere.
    """

    class_ids: IdArray
    heat: FloatArray
    usual: float
    settings: WalkerSettings
    levels: Levels
    votes: NodeVotes
    near: Solution
    far: Solution


def count_votes(graph: Graph, evidence: Evidence, *, known: NodeVotes | None = None) -> NodeVotes:
    """Gather the votes on points by node.

    Strokes run over borders at their rims, seldom in their middles: a vote counts the less, the
    nearer it lies to where its photo was not painted, or painted in another class.

    Args:
        graph: The graph of the scene.
        evidence: The votes by point.
        known: An earlier count over the same graph; photos that vote as then are not counted again.
    """
    from o3d_paint.fusion.kernels.random_walk import votes_by_node

    seen = np.zeros(65536, dtype=bool)
    for frame in evidence.frames:
        seen[frame.labels] = True
    for laid in (evidence.layer, evidence.imported):
        if laid is not None:
            seen[laid] = True
    seen[0] = False
    class_ids = np.flatnonzero(seen).astype(np.uint16)
    column_of = (np.cumsum(seen) - 1).astype(np.int32)
    counts = np.zeros((len(graph), len(class_ids)), dtype=np.float32)
    photos = np.zeros(evidence.num_points, dtype=np.uint8)
    scratch = np.zeros((3, *counts.shape), dtype=np.float32)
    by_photo = []
    for frame in evidence.frames:
        found = _known_count(known, frame, class_ids)
        if found is None:
            nodes, own = votes_by_node(
                frame.points, frame.labels, graph.node_of, column_of, graph.indptr, graph.indices,
                _RIM_POWER, scratch,
            )  # fmt: skip
            found = PhotoCount(frame.version, nodes, own)
        counts[found.nodes] += found.counts
        photos[frame.points] += photos[frame.points] < 255
        by_photo.append(found)
    if evidence.imported is not None:
        alone = evidence.imported_alone()
        nodes, columns = graph.node_of[alone], column_of[evidence.imported[alone]]
        np.add.at(counts, (nodes, columns), np.float32(1))
    if evidence.layer is not None:
        points = np.flatnonzero(evidence.layer)
        nodes, columns = graph.node_of[points], column_of[evidence.layer[points]]
        np.add.at(counts, (nodes, columns), np.float32(_LAYER_VOTES))
    return NodeVotes(class_ids, counts, photos, tuple(by_photo))


def _known_count(
    known: NodeVotes | None, frame: FrameVotes, class_ids: IdArray
) -> PhotoCount | None:
    """Return the count of a photo that votes as before; None where that is not known."""
    if known is None or frame.version is None or not np.array_equal(known.class_ids, class_ids):
        return None
    return next((count for count in known.by_photo if count.version == frame.version), None)


def edge_weights(graph: Graph, settings: WalkerSettings) -> FloatArray:
    """Return (E,) float32: about 1 where nothing changes across an edge, less where much does.

    Nodes of few points are often strays between surfaces, and conduct less.
    """
    slowed = graph.color / np.float32(settings.color_scale**2)
    slowed += graph.crease / np.float32(settings.crease_scale)
    size = np.sqrt(graph.count / max(float(graph.count.mean()) if len(graph) else 1.0, 1e-9))
    start = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    weights = (np.exp(-slowed) + _FLOOR) * size[start] * size[graph.indices]
    weights[graph.bridge] = _BRIDGE
    clipped: FloatArray = np.maximum(weights, 1e-12).astype(np.float32)
    return clipped


def walk(
    graph: Graph,
    votes: NodeVotes,
    settings: WalkerSettings,
    *,
    warm: Spread | None = None,
    levels: Levels | None = None,
    said: FloatArray | None = None,
    iterations: int | None = None,
    tolerance: float = _TOLERANCE,
) -> Spread:
    """Let the votes spread over the graph.

    Args:
        graph: The graph of the scene.
        votes: The votes by node.
        settings: Weights and trust.
        warm: An earlier spread over the same graph to start from; for the live view.
        levels: The graph as weighted by the settings, where it is at hand.
        said: What `credible` makes of the votes, where it is at hand.
        iterations: Most steps of the solver; fewer when warm, where not given.
        tolerance: Residual, relative to the votes, at which it stops.
    """
    if warm is not None and warm.settings != settings:
        warm = None
    if levels is None:
        levels = None if warm is None else warm.levels
    if levels is None:
        levels = build_levels(graph.indptr, graph.indices, edge_weights(graph, settings))
    if iterations is None:
        wide = max(1.0, len(graph) / _USUAL_NODES) ** 0.5
        iterations = round(_ITERATIONS * wide) if warm is None else _WARM_ITERATIONS
    steps = _Steps(iterations, tolerance)
    said = credible(graph.looks, votes, settings.appearance) if said is None else said
    sources = np.float32(settings.trust) * said
    laid = votes.counts.sum(axis=1) >= _LAYER_VOTES
    sources[laid] = votes.counts[laid]
    pull = sources.sum(axis=1) + np.float32(settings.leak)
    last = None if warm is None else _columns(warm.near, warm.class_ids, votes.class_ids)
    near = _solved(levels, pull, sources, last, steps)
    heat = np.maximum(near.heat, 0)
    reach = heat.sum(axis=1)
    voted = votes.counts.any(axis=1)
    usual = float(np.median(reach[voted])) if voted.any() else 1.0
    is_far = reach < _UNREACHED
    far = Solution(*np.zeros((2, *heat.shape), dtype=np.float32))
    if is_far.any() and not is_far.all():
        # What is left of the heat there is rounding; without the leak it is proportion.
        pull -= np.float32(settings.leak - _SLIGHT_LEAK)
        last = None if warm is None else _columns(warm.far, warm.class_ids, votes.class_ids)
        part = _carried_on(levels, pull, sources, heat, is_far, last, steps)
        far.heat[is_far], far.rest[is_far] = part.heat, part.rest
        share = np.maximum(part.heat, 0) + np.float32(1e-20)
        heat[is_far] = share * (_UNREACHED / share.sum(axis=1, keepdims=True))
    return Spread(votes.class_ids, heat, usual, settings, levels, votes, near, far)


class _Steps(NamedTuple):
    """When the solver stops: after so many steps, or at such a residual."""

    iterations: int
    tolerance: float


def _columns(solution: Solution, old: IdArray, new: IdArray) -> Solution:
    """Return a solution for other classes; those that it did not have start at nothing."""
    if np.array_equal(old, new):
        return solution
    found = Solution(*np.zeros((2, len(solution.heat), len(new)), dtype=np.float32))
    _, into, of = np.intersect1d(new, old, return_indices=True)
    found.heat[:, into], found.rest[:, into] = solution.heat[:, of], solution.rest[:, of]
    return found


def _solved(
    levels: Levels, pull: FloatArray, sources: FloatArray, last: Solution | None, steps: _Steps
) -> Solution:
    """Solve for the heat; after the last solution leave what that left, too."""
    if last is not None:
        heat = solve(levels, pull, sources - last.rest, start=last.heat, **steps._asdict())
        return Solution(heat, last.rest)
    heat = solve(levels, pull, sources, **steps._asdict())
    edges = csr_array((levels.weights, levels.indices, levels.indptr), shape=2 * (len(heat),))
    loss = levels.conductance[: len(heat)] + pull
    return Solution(heat, sources + edges @ heat - loss[:, None] * heat)


def _carried_on(
    levels: Levels,
    pull: FloatArray,
    sources: FloatArray,
    heat: FloatArray,
    far: BoolArray,
    last: Solution | None,
    steps: _Steps,
) -> Solution:
    """Solve for some nodes alone; the heat of all others holds, as a border (Dirichlet).

    Args:
        levels: The weighted graph.
        pull: (M,) what is added to the diagonal.
        sources: (M, C) of heat.
        heat: (M, C) known heat.
        far: (M,) nodes to solve for, F of them.
        last: An earlier solution for (M, C).
        steps: When to stop.

    Returns:
        The solution (F, C).
    """
    count = int(np.count_nonzero(far))
    row_of = np.cumsum(far) - 1
    edges = np.flatnonzero(np.repeat(far, np.diff(levels.indptr)))
    rows = np.repeat(np.arange(count), np.diff(levels.indptr)[far])
    ends, weights = levels.indices[edges], levels.weights[edges]
    inner = far[ends]
    indptr = np.zeros(count + 1, dtype=levels.indptr.dtype)
    np.cumsum(np.bincount(rows[inner], minlength=count), out=indptr[1:])
    part = build_levels(indptr, row_of[ends[inner]].astype(levels.indices.dtype), weights[inner])
    border = csr_array(
        (weights[~inner], (rows[~inner], ends[~inner])), shape=(count, len(far)), dtype=np.float32
    )
    before = None if last is None else Solution(last.heat[far], last.rest[far])
    return _solved(
        part, pull[far] + border.sum(axis=1), sources[far] + border @ heat, before, steps
    )


def credible(looks: Looks, votes: NodeVotes, appearance: float) -> FloatArray:
    """Return (M, C) float32: the share of the votes for each class, more where they fit it."""
    total = votes.counts.sum(axis=1, keepdims=True)
    share: FloatArray = votes.counts / np.maximum(total, _FULL_VOTES)
    if appearance <= 0:
        return share
    said = share * color_odds(looks, share, appearance)
    said *= normal_odds(looks, share, _BENT * appearance)
    return said
