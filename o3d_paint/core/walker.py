"""The random walker: labels travel along the surface like heat, slowed by colour and creases.

Strokes are the sources of heat, and soft ones: a stroke that disagrees with its surroundings is
outvoted. After L. Grady, "Random walks for image segmentation" (2006), with soft seeds: for all
classes at once, (D + diag(trust) + leak - W) x = trust * y is solved by conjugate gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.graph import Graph

__all__ = ["NodeVotes", "Spread", "WalkerSettings", "count_votes", "edge_weights", "walk"]

_FULL_VOTES = 3.0
_LAYER_VOTES = 1000.0
_FLOOR = 1e-6
_BRIDGE = 1e-4
_LANES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkerSettings:
    """What slows labels down and how far a stroke is trusted.

    Attributes:
        color_scale: Colour difference (CIE Lab, lightness scaled down) that slows labels by 1/e.
        crease_scale: Bend, as 1 - |cosine| of the normals, that slows labels by 1/e.
        trust: Pull of a stroke on its node; an edge without contrast pulls with 1.
        leak: Pull of every node towards "nothing", which limits how far labels reach.
    """

    color_scale: float = 4.0
    crease_scale: float = 0.1
    trust: float = 0.003
    leak: float = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class NodeVotes:
    """Votes of the photos, and labels laid directly, gathered by node.

    Attributes:
        class_ids: (C,) ids that have votes, ascending.
        counts: (M, C) float32 votes.
        photos: (N,) uint8 photos that voted on each point, 255 for more.
    """

    class_ids: IdArray
    counts: FloatArray
    photos: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The solution of a walk, which also starts the next one.

    Attributes:
        class_ids: (C,) class ids.
        heat: (M, C) float32: how strongly each class reaches each node; rows sum to 1 at most.
    """

    class_ids: IdArray
    heat: FloatArray


def count_votes(graph: Graph, evidence: Evidence) -> NodeVotes:
    """Gather the votes on points by node."""
    from o3d_paint.core.walker_kernels import add_votes

    seen = np.zeros(65536, dtype=bool)
    for frame in evidence.frames:
        seen[frame.labels] = True
    if evidence.layer is not None:
        seen[evidence.layer] = True
    seen[0] = False
    class_ids = np.flatnonzero(seen).astype(np.uint16)
    column_of = (np.cumsum(seen) - 1).astype(np.int32)
    counts = np.zeros((len(graph), len(class_ids)), dtype=np.float32)
    photos = np.zeros(evidence.num_points, dtype=np.uint8)
    for frame in evidence.frames:
        add_votes(frame.points, frame.labels, graph.node_of, column_of, counts, photos)
    if evidence.layer is not None:
        laid = np.flatnonzero(evidence.layer)
        nodes, columns = graph.node_of[laid], column_of[evidence.layer[laid]]
        np.add.at(counts, (nodes, columns), np.float32(_LAYER_VOTES))
    return NodeVotes(class_ids, counts, photos)


def edge_weights(graph: Graph, settings: WalkerSettings) -> FloatArray:
    """Return (E,) float32: 1 where nothing changes across an edge, towards 0 where all does."""
    slowed = graph.color / np.float32(settings.color_scale**2)
    slowed += graph.crease / np.float32(settings.crease_scale)
    weights = np.exp(-slowed) + np.float32(_FLOOR)
    weights[graph.bridge] *= np.float32(_BRIDGE)
    clipped: FloatArray = np.maximum(weights, 1e-12).astype(np.float32)
    return clipped


def walk(
    graph: Graph,
    votes: NodeVotes,
    settings: WalkerSettings,
    *,
    weights: FloatArray | None = None,
    start: Spread | None = None,
    iterations: int = 150,
    tolerance: float = 3e-3,
) -> Spread:
    """Let the votes spread over the graph.

    Args:
        graph: The graph of the scene.
        votes: The votes by node.
        settings: Weights and trust.
        weights: (E,) edge weights where they are at hand already.
        start: An earlier solution to start from; for the live view.
        iterations: Most steps of the solver.
        tolerance: Residual, relative to the votes, at which it stops.
    """
    from o3d_paint.core.walker_kernels import conjugate_gradients, row_sums

    num_classes = len(votes.class_ids)
    if weights is None:
        weights = edge_weights(graph, settings)
    total = votes.counts.sum(axis=1)
    trust = np.float32(settings.trust) * np.minimum(total / np.float32(_FULL_VOTES), 1)
    laid = total >= _LAYER_VOTES
    trust[laid] = total[laid]
    padded = -(-max(num_classes, 1) // _LANES) * _LANES
    pull = np.zeros((len(graph), padded), dtype=np.float32)
    pull[:, :num_classes] = votes.counts * (trust / np.maximum(total, 1))[:, None]
    heat = np.zeros_like(pull)
    if start is not None and len(start.heat) == len(graph):
        _, new, old = np.intersect1d(votes.class_ids, start.class_ids, return_indices=True)
        heat[:, new] = start.heat[:, old]
    diagonal = row_sums(graph.indptr, weights) + trust + np.float32(max(settings.leak, 1e-12))
    conjugate_gradients(
        graph.indptr, graph.indices, weights, diagonal.astype(np.float32), pull, heat, iterations,
        tolerance,
    )  # fmt: skip
    return Spread(votes.class_ids, np.maximum(heat[:, :num_classes], 0))
